"""Reports a training run to the runcast agent that started this process, and costs nothing where there is none.

`runcast run -- python train.py` sets everything up. The functions here are for trainers that report explicitly; they are
loaded when first used, because this module is imported by every Python process that a trainer starts.
"""

from runcast.version import VERSION as __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from runcast.api import Run, finish, image, init, log, on_command, progress, status, video
    from runcast.hook.explicit import Command

__all__ = ["Command", "Run", "__version__", "finish", "image", "init", "log", "on_command", "progress", "status", "video"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'runcast' has no attribute {name!r}")
    from runcast import api

    value = globals()[name] = getattr(api, name)  # found at once from now on
    return value
