"""What a connection's async iterator has not read yet."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from runcast.client.position import Position
from runcast.client.received import Received

_ITEMS = 10_000
_BYTES = 8 * 1024 * 1024
"""Past either of these a reader is behind: a connection then acknowledges nothing, so that the room stops sending (VW6)."""


class _Unread(NamedTuple):
    item: Received
    bytes: float
    at: Position | None
    """Where a viewer is that has read the item."""


class Inbox:
    """An async iterator. One reader.

    :param at: where the viewer is before the first item
    :param tell: called when the reader has fallen behind, and when it is no longer
    :param on_leave: called when the reader wants nothing more
    """

    def __init__(self, at: Position | None, tell: Callable[[bool], None], on_leave: Callable[[], None]):
        self._tell = tell
        self._on_leave = on_leave
        self._unread: deque[_Unread] = deque()
        self._bytes = 0.0
        self._at = at
        self._is_behind = False
        self._has_ended = False
        self._arrival = asyncio.Event()

    @property
    def is_empty(self) -> bool:
        return not self._unread

    @property
    def at(self) -> Position | None:
        """Behind the last item that was read."""
        return self._at

    def push(self, item: Received, size: float, at: Position | None) -> None:
        self._unread.append(_Unread(item, size, at))
        self._bytes += size
        self._judge()
        self._arrival.set()

    def end(self) -> None:
        self._has_ended = True
        self._arrival.set()

    def __aiter__(self) -> "Inbox":
        return self

    async def __anext__(self) -> Received:
        while not self._unread:
            if self._has_ended:
                raise StopAsyncIteration
            self._arrival.clear()
            await self._arrival.wait()
        item, size, self._at = self._unread.popleft()
        self._bytes -= size
        self._judge()
        return item

    async def aclose(self) -> None:
        """A reader that is done must not hold back the connection of the callbacks."""
        self._unread.clear()
        self._bytes = 0.0
        self._judge()
        self.end()
        self._on_leave()

    def _judge(self) -> None:
        is_behind = len(self._unread) >= _ITEMS or self._bytes >= _BYTES
        if is_behind != self._is_behind:
            self._is_behind = is_behind
            self._tell(is_behind)
