"""`GenericTrainer`, `MultiTrainer`, `CloudTrainer`: what is trained, and how the training ended.

`MultiTrainer.train` runs a `GenericTrainer` of its own: the outer one's commands are obeyed and its `end` is the end, while an exception
is reported where it first leaves a trainer. `end()` saves the final model: a training is not over before it returned.
"""

import weakref
from time import time
from types import ModuleType
from typing import Any

from runcast.hook import failure
from runcast.hook.onetrainer import live
from runcast.hook.pause_commands import training_over
from runcast.hook.recording import begin, introduce, record
from runcast.hook.steering import TRAIN_LEFT
from runcast.hook.wrapping import observe_after, quietly, replace

_CLASSES = ("GenericTrainer", "MultiTrainer", "CloudTrainer")

_running: list[Any] = []
"""Trainers whose `train` runs, outermost first."""

_returned: weakref.ref[Any] | None = None
"""The outermost trainer whose `train` returned, which makes its `end` the end of a good training."""


def install(module: ModuleType) -> None:
    owner = next(getattr(module, name) for name in _CLASSES if module.__name__.endswith("." + name))
    observe_after(owner, "__init__", _made)
    replace(owner, "train", _watching_train)
    replace(owner, "end", _watching_end)


def _made(self: Any, *_: Any, **__: Any) -> None:
    if _running:
        return
    training_over()
    live.training_begins(self)
    introduce("onetrainer", None, _settings(self.config))


def _settings(config: Any) -> dict[str, Any] | None:
    """Without secrets where OneTrainer can leave them out; the agent takes out what looks like one."""
    settings: dict[str, Any] | None = None
    if hasattr(config, "to_settings_dict"):
        settings = config.to_settings_dict(secrets=False)
    elif hasattr(config, "to_dict"):
        settings = config.to_dict()
    return settings


def _watching_train(original: Any) -> Any:
    def train(self: Any, *args: Any, **kwargs: Any) -> Any:
        quietly("the training", _enter, self)
        try:
            result = original(self, *args, **kwargs)
        except BaseException as problem:
            quietly("the error", _leave, problem)
            raise
        quietly("the training", _leave, None)
        return result

    return train


def _watching_end(original: Any) -> Any:
    def end(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            result = original(self, *args, **kwargs)
        except BaseException as problem:
            quietly("the error", failure.report, "onetrainer", problem)
            raise
        quietly("the end", _ended, self)
        return result

    return end


def _enter(trainer: Any) -> None:
    _running.append(trainer)
    begin("onetrainer")


def _leave(problem: BaseException | None) -> None:
    global _returned
    trainer = _running.pop()
    if not _running:
        live.training_ends()
        training_over()
        _returned = weakref.ref(trainer) if problem is None else None
    if problem is not None:
        failure.report("onetrainer", problem)
    if not _running:
        record("onetrainer", (TRAIN_LEFT, time()))


def _ended(trainer: Any) -> None:
    if _returned is not None and _returned() is trainer:
        record("onetrainer", ("end", time()))
