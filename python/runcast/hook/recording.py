"""The queue between the training thread and the sender: the only part of the hook that the training thread waits for, but for a pause.

To record is to append a tuple to a deque, which CPython does atomically: no lock, no system call, no wake-up. Nothing exists
until a training begins in this process: the first record starts the sender, or makes the process silent for good.
"""

import contextlib
import os
import threading
import time
from collections import Counter, deque
from collections.abc import Mapping
from typing import Any

from runcast.hook import wire
from runcast.hook.pausing import gate
from runcast.hook.ranks import is_reporting_rank

RECORDS_MAX = 100_000
"""Records that wait for the sender, of which the newest are kept. It takes them every few milliseconds and sorts out which may be dropped,
so more means a loop that does nothing but report."""

FLUSH_SECONDS = 2.0
"""How long the end of the process may be held up for an agent that is connected."""

Record = tuple[Any, ...]
"""Kind, wall clock in seconds, and the kind's fields; see `messages`."""

_IDLE, _LIVE, _SILENT = "idle", "live", "silent"
_state = _IDLE
_records: deque[Record] = deque()
_lost: Counter[str] = Counter()
_introduction: Record | None = None
_beginning = threading.Lock()
_sender: Any = None
_complained: set[str] = set()


def record(trainer: str, item: Record) -> None:
    """Puts `item` into the queue; the first one in a process begins the session.

    :param trainer: who speaks: `onetrainer`, `tensorboard`, `python`
    """
    if _state is not _LIVE and not begin(trainer):
        return
    if len(_records) >= RECORDS_MAX:
        _lose_oldest()
    _records.append(item)


def number(value: Any) -> float:
    """:returns: what was logged as a number of its own, which does not change when the trainer's tensor does

    A tensor that carries a gradient warns when it is converted, and the trainer's user would not know whence.
    """
    if type(value) is float:
        return value
    detach = getattr(value, "detach", None)
    return float(value if detach is None else detach())


def introduce(trainer: str, name: str | None, config: Mapping[str, Any] | None) -> None:
    """Says what is trained. Before a session begins this is only remembered."""
    global _introduction
    # Copied at once: the trainer may change its configuration while the sender reads it.
    _introduction = ("run_info", time.time(), trainer, name, wire.config(config))
    if _state is _LIVE:
        record(trainer, _introduction)


def begin(trainer: str) -> bool:
    """Begins the session where this process may report: it has an agent and is rank 0.

    :returns: whether records are taken
    """
    global _state, _sender
    if _state is not _IDLE:
        return _state is _LIVE
    # A process forked while another thread was in here would find the lock taken for ever: waiting has an end.
    if not _beginning.acquire(timeout=1):
        return False
    try:
        if _state is _IDLE:
            _sender = _start_sender()
            if _sender is not None:
                _records.append(_introduction or ("run_info", time.time(), trainer, None, None))
            _state = _LIVE if _sender is not None else _SILENT
        return _state is _LIVE
    finally:
        _beginning.release()


def drain(limit: int) -> list[Record]:
    """:returns: up to `limit` records, oldest first, which are then gone from the queue. For the sender."""
    taken: list[Record] = []
    while _records and len(taken) < limit:
        taken.append(_records.popleft())
    return taken


def has_records() -> bool:
    """Something waits for the sender."""
    return bool(_records)


def losses() -> Counter[str]:
    """:returns: how many records of each kind did not fit since the session began. For the sender."""
    return _lost.copy()


def complain(place: str, problem: Exception) -> None:
    """Reports, once for each place, that we could not read what the trainer passed. The trainer is not disturbed."""
    if _state is _LIVE and place not in _complained:
        _complained.add(place)
        text = f"runcast could not read {place}: {type(problem).__name__}: {problem}"
        _records.append(("log", time.time(), "warning", text))


def flush(seconds: float = FLUSH_SECONDS) -> None:
    """Waits until the agent has everything, `seconds` at most, and not at all where no agent is connected."""
    if _state is _LIVE:
        _sender.flush(seconds)


def _lose_oldest() -> None:
    with contextlib.suppress(IndexError):  # the sender has just taken it
        _lost[_records.popleft()[0]] += 1


def _start_sender() -> Any:
    """:returns: the running sender; None where this process must stay silent, or cannot start one"""
    try:
        hook_file = os.environ.get("RUNCAST_HOOK_FILE")
        if not hook_file or not is_reporting_rank():
            return None
        import atexit

        from runcast.hook.sender import Sender

        sender = Sender(hook_file)
        sender.start()
        atexit.register(_end_of_process)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=_forget)
        return sender
    except Exception:
        return None


def _end_of_process() -> None:
    if _state is _LIVE:
        from runcast.hook.failure import report_uncaught

        report_uncaught()
        _sender.close(FLUSH_SECONDS)


def _forget() -> None:
    """In a forked child: what is queued is the parent's to send, over a socket that is the parent's."""
    global _state
    if _state is _LIVE:
        _state = _SILENT
        _records.clear()
        _sender.abandon()
        gate.abandon()
