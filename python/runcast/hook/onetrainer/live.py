"""The training that runs in this process, and the `TrainCommands` that it obeys."""

import weakref
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class LiveTraining:
    commands: Any
    """The `TrainCommands` that was given to the outermost trainer."""
    model_type: Any


_trainer: weakref.ref[Any] | None = None


def training_begins(trainer: Any) -> None:
    global _trainer
    _trainer = weakref.ref(trainer)


def training_ends() -> None:
    global _trainer
    _trainer = None


def live_training() -> LiveTraining | None:
    """:returns: None before a trainer was made, and once its training is over: nobody looks at its commands then"""
    trainer = _trainer() if _trainer is not None else None
    if trainer is None:
        return None
    return LiveTraining(trainer.commands, getattr(trainer.config, "model_type", None))
