"""`modules.util.callbacks.TrainCallbacks`: progress, status and samples, as they are told to whoever started the training."""

from time import time
from types import ModuleType
from typing import Any

from runcast.hook.onetrainer.sampler import take_saved
from runcast.hook.pause_commands import stay_while_paused
from runcast.hook.pausing import gate
from runcast.hook.recording import record
from runcast.hook.wrapping import observe_after


def install(module: ModuleType) -> None:
    owner = module.TrainCallbacks
    observe_after(owner, "on_update_train_progress", _progress)
    observe_after(owner, "on_update_status", _status)
    observe_after(owner, "on_sample_default", _sample_default)
    observe_after(owner, "on_sample_custom", _sample_custom)
    observe_after(owner, "on_update_sample_default_progress", _sample_default_progress)
    observe_after(owner, "on_update_sample_custom_progress", _sample_custom_progress)


# The parameters have OneTrainer's names: it may pass them by keyword. Each record is made of plain values at once, because
# TrainProgress is one object that changes in place.


def _progress(self: Any, train_progress: Any, max_step: int, max_epoch: int) -> None:
    at = train_progress
    record("onetrainer", ("progress", time(), at.epoch, at.epoch_step, at.global_step, max_step, max_epoch))
    if gate.is_asked:
        # OneTrainer looks at the stop flag right after this callback.
        stay_while_paused("onetrainer")


def _status(self: Any, status: str) -> None:
    record("onetrainer", ("status_text", time(), status))


def _sample_default(self: Any, sampler_output: Any) -> None:
    _sample("default", sampler_output)


def _sample_custom(self: Any, sampler_output: Any) -> None:
    _sample("custom", sampler_output)


def _sample(sample_type: str, output: Any) -> None:
    saved = take_saved(output)
    if saved is not None:
        prompt = saved.prompt if sample_type == "default" else None
        record("onetrainer", ("sample", time(), sample_type, saved.path, saved.global_step, saved.epoch, prompt))


def _sample_default_progress(self: Any, step: int, max_step: int) -> None:
    record("onetrainer", ("sample_progress", time(), "default", step, max_step))


def _sample_custom_progress(self: Any, progress: int, max_progress: int) -> None:
    record("onetrainer", ("sample_progress", time(), "custom", progress, max_progress))
