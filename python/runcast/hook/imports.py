"""Wraps the modules that we know when the trainer imports them, and imports nothing itself.

Loaded at the start of every Python process, so it needs no module that is not loaded anyway.
"""

import sys

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

    def __init__(self):
        self._asking = set()

    def find_spec(self, name, path=None, target=None):
        if name not in WATCHED or name in self._asking:
            return None
        self._asking.add(name)  # another finder of this kind would ask us in turn
        try:
            spec = self._ask_others(name, path, target)
        finally:
            self._asking.discard(name)
        if spec is not None and hasattr(spec.loader, "exec_module"):
            spec.loader = _Loader(spec.loader, WATCHED[name])
        return spec

    def _ask_others(self, name, path, target):
        for finder in sys.meta_path:
            find_spec = getattr(finder, "find_spec", None)
            spec = find_spec(name, path, target) if find_spec and finder is not self else None
            if spec is not None:
                return spec
        return None


class _Loader:
    """Runs the module as its own loader does, then has it wrapped. The module keeps its own loader."""

    def __init__(self, loader, wrapper):
        self._loader = loader
        self._wrapper = wrapper

    def __getattr__(self, name):
        return getattr(self._loader, name)

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        module.__loader__ = module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        try:
            __import__(self._wrapper)
            sys.modules[self._wrapper].install(module)
        except Exception:
            return  # a trainer that we cannot wrap trains all the same
