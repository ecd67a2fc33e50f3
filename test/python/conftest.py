import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))  # the package as it lies here, installed or not

import pytest

from support.listener import Listener


@pytest.fixture
def hook_file(tmp_path: Path) -> Path:
    return tmp_path / "hook.json"


@pytest.fixture
def agent(hook_file: Path) -> Iterator[Listener]:
    listener = Listener(hook_file)
    yield listener
    listener.die()
