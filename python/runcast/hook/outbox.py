"""Messages that the agent has not acknowledged, bounded.

A message gets its number when it is first sent: what is dropped before leaves no hole in the numbering. What was sent is kept until
it is acknowledged, and sent again to an agent that comes back without it.
"""

from collections import Counter, deque
from typing import NamedTuple

from runcast.hook.messages import with_number

MESSAGES_MAX = 20_000
BYTES_MAX = 16 * 1024 * 1024
"""What may wait: hours of a typical training, little beside a trainer's memory."""

WINDOW_MESSAGES = 2_000
WINDOW_BYTES = 4 * 1024 * 1024
"""What may be on its way unacknowledged; the rest can still be dropped."""

_DROP_FIRST = ("progress", "sample_progress", "log", "status_text", "scalars")
"""*Latest wins* types first: a newer one makes them worthless. Types that are not named go last of all."""

_KEEP = 0.9
"""Dropping goes on down to this part of the bounds, so that it is not done anew for every message."""


class Waiting(NamedTuple):
    kind: str
    body: bytes
    weight: int
    """What it counts for when dropped: its rows."""


class Outbox:
    """Waiting messages, then numbered ones. Not thread-safe: it belongs to the sender."""

    def __init__(self) -> None:
        self._waiting: deque[Waiting] = deque()
        self._waiting_bytes = 0
        self._sent: deque[tuple[int, bytes]] = deque()
        self._sent_bytes = 0
        self._again: deque[bytes] = deque()
        self._last = 0
        self.dropped: Counter[str] = Counter()

    def __len__(self) -> int:
        """Messages that are not acknowledged."""
        return len(self._waiting) + len(self._sent)

    def add(self, kind: str, body: bytes, weight: int = 1) -> None:
        """Takes a message in; beyond the bounds older ones are dropped, and counted in `dropped`."""
        self._waiting.append(Waiting(kind, body, weight))
        self._waiting_bytes += len(body)
        if len(self._waiting) > MESSAGES_MAX or self._waiting_bytes > BYTES_MAX:
            self._make_room()

    def next_line(self) -> bytes | None:
        """:returns: the next line to send; None where there is none, or too much is unacknowledged"""
        if self._again:
            return self._again.popleft()
        if not self._waiting or len(self._sent) >= WINDOW_MESSAGES or self._sent_bytes >= WINDOW_BYTES:
            return None
        message = self._waiting.popleft()
        self._waiting_bytes -= len(message.body)
        self._last += 1
        line = with_number(self._last, message.body)
        self._sent.append((self._last, line))
        self._sent_bytes += len(line)
        return line

    def acknowledge(self, n: int) -> None:
        """The agent has everything up to `n`."""
        while self._sent and self._sent[0][0] <= n:
            self._sent_bytes -= len(self._sent.popleft()[1])

    def send_again(self) -> None:
        """A new connection: what was sent over the last one and is not acknowledged comes first."""
        self._again = deque(line for _, line in self._sent)

    def replace_first(self, body: bytes) -> None:
        """Puts another message in the place of the oldest that was sent: the agent refuses that one."""
        if self._sent:
            n, line = self._sent[0]
            replacement = with_number(n, body)
            self._sent[0] = (n, replacement)
            self._sent_bytes += len(replacement) - len(line)

    def take_dropped(self) -> dict[str, int]:
        """:returns: how much of each kind was dropped since the last call"""
        taken, self.dropped = dict(self.dropped), Counter()
        return taken

    def _make_room(self) -> None:
        kinds = {message.kind for message in self._waiting}
        for kind in (*_DROP_FIRST, *sorted(kinds.difference(_DROP_FIRST))):
            if self._has_room():
                return
            if kind in kinds:
                self._drop_oldest_of(kind)

    def _drop_oldest_of(self, kind: str) -> None:
        kept: deque[Waiting] = deque()
        while self._waiting:
            message = self._waiting.popleft()
            if message.kind == kind and not self._has_room(beside=len(kept) + 1):
                self._waiting_bytes -= len(message.body)
                self.dropped[kind] += message.weight
            else:
                kept.append(message)
        self._waiting = kept

    def _has_room(self, beside: int = 0) -> bool:
        return len(self._waiting) + beside <= MESSAGES_MAX * _KEEP and self._waiting_bytes <= BYTES_MAX * _KEEP
