"""Python children with the hook, started as `runcast run` starts them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
REPOSITORY = HERE.parents[1]
SITE = REPOSITORY / "python" / "runcast" / "_site"
FAKE_ONETRAINER = HERE / "fake_onetrainer"
TRAIN = FAKE_ONETRAINER / "scripts" / "train.py"
RECORDINGS = REPOSITORY / "test" / "recordings"
SUPPORTED = ("3.10", "3.11", "3.12", "3.13", "3.14")


def environment(hook_file: Path | None, *, path: tuple[Path | str, ...] = (), **more: str) -> dict[str, str]:
    """:param hook_file: None: no hook at all
    :param path: folders of the user's own PYTHONPATH
    """
    env = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON") and key not in ("RANK", "LOCAL_RANK")}
    folders = [str(folder) for folder in path]
    if hook_file is not None:
        env["RUNCAST_HOOK_FILE"] = str(hook_file)
        folders.insert(0, str(SITE))
    return {**env, "PYTHONPATH": os.pathsep.join(folders), "PYTHONUNBUFFERED": "1", **more}


def start(*command: object, env: dict[str, str], python: str = sys.executable, **more) -> subprocess.Popen:
    arguments = [python, *(str(part) for part in command)]
    return subprocess.Popen(arguments, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)


def run(*command: object, env: dict[str, str], python: str = sys.executable, **more) -> subprocess.CompletedProcess:
    arguments = [python, *(str(part) for part in command)]
    return subprocess.run(arguments, env=env, capture_output=True, text=True, timeout=120, **more)


def interpreter(version: str) -> str | None:
    """:returns: the path of a Python of that version, None where this machine has none"""
    candidates = [sys.executable, shutil.which(f"python{version}")]
    candidates += sorted(str(found) for found in Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    return next((path for path in candidates if path and _version_of(path) == version), None)


def _version_of(path: str) -> str:
    told = subprocess.run([path, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], capture_output=True, text=True, check=False)
    return told.stdout.strip()


PRESENT = {version: python for version in SUPPORTED if (python := interpreter(version))}
"""The interpreters of this machine by version: the others cannot be tried here, which pytest's header says."""
