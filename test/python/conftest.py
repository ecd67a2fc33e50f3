from collections.abc import Iterator
from pathlib import Path

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
