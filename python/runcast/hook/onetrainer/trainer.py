"""`GenericTrainer`, `MultiTrainer`, `CloudTrainer`: what is trained, and how the training ended.

`MultiTrainer.train` runs a `GenericTrainer` of its own: the outer one's commands are obeyed and its return ends the training, while an
exception is reported where it first leaves a trainer.
"""

from time import time
from types import ModuleType
from typing import Any

from runcast.hook import failure
from runcast.hook.onetrainer import live
from runcast.hook.recording import begin, complain, introduce, record
from runcast.hook.wrapping import observe_after, replace

_CLASSES = ("GenericTrainer", "MultiTrainer", "CloudTrainer")

_running: list[Any] = []
"""Trainers whose `train` runs, outermost first."""


def install(module: ModuleType) -> None:
    owner = next(getattr(module, name) for name in _CLASSES if module.__name__.endswith("." + name))
    observe_after(owner, "__init__", _made)
    replace(owner, "train", _with_end)


def _made(self: Any, *_: Any, **__: Any) -> None:
    if _running:
        return
    live.training_begins(self)
    introduce("onetrainer", None, _settings(self.config))


def _settings(config: Any) -> dict[str, Any] | None:
    """Without secrets where OneTrainer can leave them out; the agent takes out what looks like one."""
    if hasattr(config, "to_settings_dict"):
        return config.to_settings_dict(secrets=False)
    return config.to_dict() if hasattr(config, "to_dict") else None


def _with_end(original: Any) -> Any:
    def train(self: Any, *args: Any, **kwargs: Any) -> Any:
        begin("onetrainer")
        _running.append(self)
        try:
            result = original(self, *args, **kwargs)
        except BaseException as problem:
            _leave(problem)
            raise
        _leave(None)
        return result

    return train


def _leave(problem: BaseException | None) -> None:
    try:
        _running.pop()
        if not _running:
            live.training_ends()
        if problem is not None:
            failure.report("onetrainer", problem)
        elif not _running:
            record("onetrainer", ("end", time()))
    except Exception as ours:
        complain("train", ours)
