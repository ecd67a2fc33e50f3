"""Our sitecustomize comes first on PYTHONPATH, and must not be noticed."""

import sys
from pathlib import Path

import pytest

from support.child import FAKE_ONETRAINER, SITE, environment, run
from support.listener import Listener


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A folder with a sitecustomize of the user's."""
    folder = tmp_path / "other"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text("import sys\nsys.path.append('/from/the/users/sitecustomize')\nOWNER = 'user'\n")
    return folder


def test_the_sitecustomize_that_it_hides_runs_and_is_the_one_that_can_be_imported(other: Path, hook_file: Path) -> None:
    code = "import sys, sitecustomize; print(sys.path[-1], sitecustomize.OWNER, sitecustomize.__file__)"
    done = run("-c", code, env=environment(hook_file, path=(other,)))

    assert done.stdout.split() == ["/from/the/users/sitecustomize", "user", str(other / "sitecustomize.py")]
    assert done.stderr == ""


def test_a_usercustomize_runs_as_ever(tmp_path: Path, hook_file: Path) -> None:
    (tmp_path / "usercustomize.py").write_text("print('usercustomize')")
    outside_of_venv = sys._base_executable
    done = run("-c", "", env=environment(hook_file, path=(tmp_path,)), python=outside_of_venv)

    assert (done.stdout, done.stderr) == ("usercustomize\n", "")


def test_an_error_in_the_hidden_sitecustomize_is_told_as_python_tells_it(tmp_path: Path, hook_file: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("raise ValueError('of the user')")
    with_hook = run("-c", "print('runs')", env=environment(hook_file, path=(tmp_path,)))
    without = run("-c", "print('runs')", env=environment(None, path=(tmp_path,)))

    assert with_hook.stdout == without.stdout == "runs\n"
    assert "Error in sitecustomize" in without.stderr
    assert with_hook.stderr == without.stderr


def test_a_second_copy_further_down_the_path_installs_nothing_twice(tmp_path: Path, other: Path, agent: Listener, hook_file: Path) -> None:
    copy = tmp_path / "copy" / "runcast"
    copy.mkdir(parents=True)
    (copy / "__init__.py").symlink_to(SITE.parent / "__init__.py")
    (copy / "_site").mkdir()
    (copy / "_site" / "sitecustomize.py").write_text((SITE / "sitecustomize.py").read_text())
    code = """
import sitecustomize
from torch.utils.tensorboard import SummaryWriter
SummaryWriter().add_scalar("a", 1.0, 1)
print(sitecustomize.OWNER)
"""
    done = run("-c", code, env=environment(hook_file, path=(copy / "_site", other, FAKE_ONETRAINER)))

    assert (done.stdout, done.stderr) == ("user\n", "")
    assert [row[1:] for message in agent.wait_for("scalars") for row in message["rows"]] == [["a", 1.0, 1]]


@pytest.mark.parametrize("option", ["-S", "-I", "-E"])
def test_a_process_that_asks_for_no_site_or_environment_is_not_hooked(option: str, hook_file: Path) -> None:
    done = run(option, "-c", "import sys; print('runcast' in sys.modules)", env=environment(hook_file))

    assert (done.stdout, done.stderr) == ("False\n", "")


def test_the_trainers_import_path_gains_nothing_but_the_folder_of_sitecustomize(hook_file: Path) -> None:
    code = "import sys; print('\\n'.join(sys.path))"
    with_hook = run("-c", code, env=environment(hook_file)).stdout.splitlines()
    without = run("-c", code, env=environment(None)).stdout.splitlines()

    assert [entry for entry in with_hook if entry not in without] == [str(SITE)]


def test_a_module_that_is_wrapped_keeps_its_own_loader_and_source(hook_file: Path) -> None:
    code = """
import importlib, inspect
import torch.utils.tensorboard.writer as writer
print(type(writer.__loader__).__name__, type(writer.__spec__.loader).__name__)
print(inspect.getsource(writer.SummaryWriter.add_scalar).split("(")[0].strip(), writer.SummaryWriter.add_scalar.__qualname__)
importlib.reload(writer)
print(hasattr(writer.SummaryWriter.add_scalar, "__wrapped__"))
"""
    done = run("-c", code, env=environment(hook_file, path=(FAKE_ONETRAINER,)))

    assert done.stdout.splitlines() == [
        "SourceFileLoader SourceFileLoader",
        "def add_scalar SummaryWriter.add_scalar",
        "True",
    ]
