"""A position that outlives the process. It says that everything up to it has been taken in: it is worth keeping only together with what
was made of those events. A program that begins empty needs the snapshot, not a position."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeAlias

from runcast.client.position import Position


class PositionStore(Protocol):
    """Called in the event loop, so neither may wait for long."""

    def load(self) -> str | None:
        """:returns: what was saved last, None where nothing was"""

    def save(self, position: str) -> None:
        """Called at most once a second while the position moves, and at the end. Keep what belongs to the position here, too."""


class PositionFile:
    """A position in a file of its own, replaced as a whole."""

    def __init__(self, path: str | os.PathLike[str]):
        self._path = Path(path)

    def load(self) -> str | None:
        try:
            return self._path.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None

    def save(self, position: str) -> None:
        partial = self._path.with_name(f"{self._path.name}.partial")
        partial.write_text(f"{position}\n", encoding="utf-8")
        os.replace(partial, self._path)


_EVERY_SECONDS = 1.0
After: TypeAlias = Callable[[float, Callable[[], None]], object]


class PositionKeeper:
    """:param read: gives the position
    :param after: calls a function after some seconds
    """

    def __init__(self, store: PositionStore | None, read: Callable[[], Position | None], after: After):
        self._store = store
        self._read = read
        self._after = after
        self._saved: Position | None = None
        self._is_due = False

    def load(self) -> Position | None:
        text = None if self._store is None else self._store.load()
        self._saved = None if text is None else Position.parse(text)
        return self._saved

    def moved(self) -> None:
        """The position may have changed."""
        if self._store is not None and not self._is_due:
            self._is_due = True
            self._after(_EVERY_SECONDS, self._save_due)

    def save(self) -> None:
        position = self._read()
        if self._store is None or position is None or position == self._saved:
            return
        self._saved = position
        self._store.save(str(position))

    def _save_due(self) -> None:
        self._is_due = False
        self.save()
