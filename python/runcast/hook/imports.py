"""Wraps the modules that we know when the trainer imports them, and imports nothing itself.

Loaded at the start of every Python process, so it needs no module that is not loaded anyway.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

WATCHED = {
    "modules.util.callbacks.TrainCallbacks": "runcast.hook.onetrainer.callbacks",
    "modules.util.commands.TrainCommands": "runcast.hook.onetrainer.stop",
    "modules.modelSampler.BaseModelSampler": "runcast.hook.onetrainer.sampler",
    "modules.trainer.GenericTrainer": "runcast.hook.onetrainer.trainer",
    "modules.trainer.MultiTrainer": "runcast.hook.onetrainer.trainer",
    "modules.trainer.CloudTrainer": "runcast.hook.onetrainer.trainer",
    "torch.utils.tensorboard.writer": "runcast.hook.tensorboard",
    "tensorboardX.writer": "runcast.hook.tensorboard",
}
"""A module of a trainer, and the module of ours whose `install(module)` wraps what is in it."""


def install() -> None:
    """Begins to watch imports; a second call changes nothing."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


class _Finder:
    """Lets the other finders find a watched module, and replaces its loader."""

    def __init__(self) -> None:
        self._asking: set[str] = set()

    def find_spec(self, name: str, path: "Sequence[str] | None" = None, target: "ModuleType | None" = None) -> "ModuleSpec | None":
        if name not in WATCHED or name in self._asking:
            return None
        self._asking.add(name)  # another finder of this kind would ask us in turn
        try:
            spec = self._ask_others(name, path, target)
        finally:
            self._asking.discard(name)
        if spec is not None and hasattr(spec.loader, "exec_module"):
            loader: Any = _Loader(spec.loader, WATCHED[name])
            spec.loader = loader
        return spec

    def _ask_others(self, name: str, path: "Sequence[str] | None", target: "ModuleType | None") -> "ModuleSpec | None":
        for finder in sys.meta_path:
            find_spec = getattr(finder, "find_spec", None)
            spec: ModuleSpec | None = find_spec(name, path, target) if find_spec and finder is not self else None
            if spec is not None:
                return spec
        return None


class _Loader:
    """Runs the module as its own loader does, then has it wrapped. The module keeps its own loader."""

    def __init__(self, loader: "Any", wrapper: str):
        self._loader = loader
        self._wrapper = wrapper

    def __getattr__(self, name: str) -> "Any":
        return getattr(self._loader, name)

    def create_module(self, spec: "ModuleSpec") -> "ModuleType | None":
        created: ModuleType | None = self._loader.create_module(spec)
        return created

    def exec_module(self, module: "Any") -> None:
        module.__loader__ = module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        try:
            __import__(self._wrapper)
            sys.modules[self._wrapper].install(module)
        except Exception:
            return  # a trainer that we cannot wrap trains all the same
