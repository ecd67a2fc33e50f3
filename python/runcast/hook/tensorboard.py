"""`SummaryWriter` of torch and of tensorboardX: every scalar, under the name that the trainer gave it."""

from collections.abc import Mapping
from time import time
from types import ModuleType
from typing import Any

from runcast.hook.recording import number, record
from runcast.hook.wrapping import observe_after


def install(module: ModuleType) -> None:
    observe_after(module.SummaryWriter, "add_scalar", _scalar)
    observe_after(module.SummaryWriter, "add_scalars", _scalars)


def _scalar(self: Any, tag: str, scalar_value: Any, global_step: Any = None, *_: Any, **__: Any) -> None:
    # Converted at once, as the writer itself did: a tensor or an array may hold another value when the sender comes to it.
    value = number(scalar_value)
    step = global_step if type(global_step) is int or global_step is None else int(global_step)
    record("tensorboard", ("scalar", time(), tag, value, step))


def _scalars(self: Any, main_tag: str, tag_scalar_dict: Mapping[str, Any], global_step: Any = None, *_: Any, **__: Any) -> None:
    for tag, scalar_value in tag_scalar_dict.items():
        _scalar(self, f"{main_tag}/{tag}", scalar_value, global_step)
