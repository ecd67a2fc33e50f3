"""`modules.util.commands.TrainCommands`: a stop, by whomever it is asked for, which ends a pause at once."""

from time import time
from types import ModuleType
from typing import Any

from runcast.hook.onetrainer.live import live_training
from runcast.hook.pause_commands import stop_asked
from runcast.hook.recording import record
from runcast.hook.wrapping import observe_after


def install(module: ModuleType) -> None:
    observe_after(module.TrainCommands, "stop", _stop)


def _stop(self: Any) -> None:
    training = live_training()
    # With several GPUs the inner trainer's own TrainCommands is told again what the outer one was told.
    if training is not None and training.commands is self:
        record("onetrainer", ("stop_requested", time()))
        stop_asked()  # the flag is set: the training thread finds it when it leaves the gate
