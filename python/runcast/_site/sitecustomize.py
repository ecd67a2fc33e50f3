"""Python imports this by itself at start-up, because `runcast run` puts its folder first on PYTHONPATH.

It installs the import hook and then runs the `sitecustomize` that it hides. Every Python process that a trainer starts comes
through here, so it must neither fail nor print nor take time. Interpreters too old for the hook come through as well, hence the
plain syntax.
"""

import sys


def _install_hook(folder):
    import os

    if sys.version_info < (3, 10) or not os.environ.get("RUNCAST_HOOK_FILE"):
        return
    if "runcast" not in sys.modules:
        # The package lies beside this folder, on no path: the trainer's own imports must not change by our being here.
        from _frozen_importlib_external import spec_from_file_location

        package = os.path.dirname(folder)
        init = os.path.join(package, "__init__.py")
        _run("runcast", spec_from_file_location("runcast", init, submodule_search_locations=[package]))
    from runcast.hook import imports

    imports.install()


def _run_hidden_sitecustomize(folder):
    from _frozen_importlib_external import PathFinder

    # Only what comes after this folder was hidden; looking further up would find another copy of this file for ever.
    hidden = PathFinder.find_spec("sitecustomize", sys.path[sys.path.index(folder) + 1 :])
    if hidden is not None and hidden.loader is not None:
        _run("sitecustomize", hidden)


def _run(name, spec):
    from _frozen_importlib import module_from_spec

    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)


_folder = __file__.rpartition("sitecustomize")[0].rstrip("/\\")
try:
    _install_hook(_folder)
except Exception:  # a trainer must start whatever happens here
    pass
if _folder in sys.path:
    _run_hidden_sitecustomize(_folder)
