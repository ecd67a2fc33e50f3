"""`modules.modelSampler.BaseModelSampler.save_sampler_output`: where a sample was written.

The callback that follows, in the same thread, carries the picture but neither path nor prompt nor step; the path has all three.
"""

import os
import re
import threading
from types import ModuleType
from typing import Any, NamedTuple

from runcast.hook.wrapping import observe_after

_NAME = re.compile(r"-(?P<global_step>\d+)-(?P<epoch>\d+)-\d+$")
_FOLDER = re.compile(r"\d+ - (?P<prompt>.*)", re.DOTALL)


class Saved(NamedTuple):
    path: str
    global_step: int | None
    epoch: int | None
    prompt: str | None
    """As the folder is called, which is what OneTrainer could put into a file name."""


_saved = threading.local()


def install(module: ModuleType) -> None:
    observe_after(module.BaseModelSampler, "save_sampler_output", _remember)


def take_saved(output: Any) -> Saved | None:
    """:returns: where this thread has just written `output`; None where it wrote no file for it"""
    written, saved = vars(_saved).pop("last", (None, None))
    return saved if written is output else None


def describe(destination: str, extension: str) -> Saved:
    """Reads `<index> - <prompt>/…-<global_step>-<epoch>-<epoch_step>`.

    :param destination: the path without its extension
    """
    folder, name = os.path.split(os.path.abspath(destination))
    numbers, prompt = _NAME.search(name), _FOLDER.fullmatch(os.path.basename(folder))
    return Saved(
        os.path.join(folder, name) + extension,
        int(numbers["global_step"]) if numbers else None,
        int(numbers["epoch"]) if numbers else None,
        prompt["prompt"] if prompt else None,
    )


def _remember(sampler_output: Any, destination: str, image_format: Any, video_format: Any, audio_format: Any, *_: Any, **__: Any) -> None:
    formats = {"IMAGE": image_format, "VIDEO": video_format, "AUDIO": audio_format}
    kind = getattr(sampler_output.file_type, "value", sampler_output.file_type)
    file_format = formats.get(str(kind))
    if file_format is not None:
        _saved.last = (sampler_output, describe(str(destination), file_format.extension()))
