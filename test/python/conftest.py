import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))  # the package as it lies here, installed or not

import pytest

from support.child import PRESENT, SUPPORTED
from support.listener import Listener


def pytest_report_header() -> str:
    absent = [version for version in SUPPORTED if version not in PRESENT]
    return f"hook on Python {', '.join(PRESENT)}" + (f"; not on this machine: {', '.join(absent)}" if absent else "")


@pytest.fixture
def hook_file(tmp_path: Path) -> Path:
    return tmp_path / "hook.json"


@pytest.fixture
def agent(hook_file: Path) -> Iterator[Listener]:
    listener = Listener(hook_file)
    yield listener
    listener.die()
