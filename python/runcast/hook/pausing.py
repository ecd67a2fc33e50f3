"""Where the training thread is held while an operator has paused the training. Knows nothing of trainers, of the queue or of the agent.

Training is sacred: the gate opens by itself where nobody is there to open it. It waits on a condition, which takes no CPU; the waits
are cut in pieces because Python delivers a signal (Ctrl-C) between two of them where the system cannot interrupt one.
"""

import math
import os
import threading
import time
from collections.abc import Callable, Mapping
from enum import Enum
from typing import NamedTuple

PAUSE_WITHOUT_AGENT_SECONDS = 600.0
"""Nobody can resume a training that has no agent. An agent that was killed is back long before that."""
PAUSE_REACHED_SECONDS = 60.0
"""A pause that the training thread has not reached by then is not carried out: the relay has told its operator that it expired."""
WAKE_SECONDS = 2.0
"""The longest single wait."""


class Why(Enum):
    """Why a pause ended, or never began."""

    RESUME = "resume"
    STOP = "stop"
    TRAINING_OVER = "training over"
    LATE = "late"
    LIMIT = "limit"
    NO_AGENT = "no agent"
    EXIT = "exit"
    """The program's main thread is over: the process only waits for this training."""
    RAISED = "raised"
    """A signal's exception (Ctrl-C) went through the waiting thread."""


class Ended(NamedTuple):
    id: str
    why: Why
    was_reached: bool
    """The training thread is in the gate, and about to leave it."""


class Gate:
    """Thread-safe, but for `is_asked` and `is_busy`, which are plain reads: the first is all that a step costs without a pause.

    :param limit: seconds after which a pause ends by itself; None: never
    :param clock: seconds that do not jump
    """

    def __init__(self, limit: float | None = None, clock: Callable[[], float] = time.monotonic):
        self.limit = limit
        self.is_asked = False
        """The training thread has to come in."""
        self.is_busy = False
        """The trainer has commands from before the pause, which it takes up outside of the gate: it comes in after them."""
        self._clock = clock
        self._changed = threading.Condition()
        self._id: str | None = None
        self._late_at = 0.0
        self._reached_at: float | None = None
        self._is_stopping = False
        self._alone_since: float | None = None
        self._why = Why.RESUME

    @property
    def is_held(self) -> bool:
        """The training thread is in the gate."""
        return self._reached_at is not None

    def ask(self, id: str, seconds: float = PAUSE_REACHED_SECONDS) -> str | None:
        """Asks for a pause.

        :param id: names this pause
        :param seconds: the training thread has to come so soon, or there is none
        :returns: why there is none; None when it was taken
        """
        with self._changed:
            if self._is_stopping:
                return "a stop has been asked for"
            if self._id is not None:
                return "the training is paused already" if self.is_held else "a pause has been asked for already"
            self._id, self._late_at, self._reached_at = id, self._clock() + min(seconds, PAUSE_REACHED_SECONDS), None
            self.is_asked = True
            return None

    def open(self, why: Why) -> Ended | None:
        """Ends the pause at once.

        :returns: the pause that this ended; None where there was none
        """
        with self._changed:
            return self._open(why)

    def stop(self) -> Ended | None:
        """The same because the training was told to stop; until `forget_stop` nobody can pause it before it has taken that up."""
        with self._changed:
            self._is_stopping = True
            return self._open(Why.STOP)

    def forget_stop(self) -> None:
        """The trainer has taken the stop up, or another training begins."""
        self._is_stopping = False

    def expire(self) -> Ended | None:
        """:returns: the pause that is not carried out because the training thread comes too late for it"""
        with self._changed:
            is_late = self._id is not None and not self.is_held and self._clock() >= self._late_at
            return self._open(Why.LATE) if is_late else None

    def enter(self) -> tuple[str, bool] | None:
        """The training thread has come.

        :returns: the pause for which it has to `wait`, and whether it is the first to come; None: it goes on
        """
        with self._changed:
            if self._id is None or (self.is_busy and not self.is_held):
                return None
            is_first = not self.is_held
            if is_first:
                self._reached_at = self._clock()
            return self._id, is_first

    def wait(self, id: str) -> Why:
        """Returns when the pause `id` is over; costs no CPU meanwhile.

        :returns: what ended it
        """
        with self._changed:
            while self._id == id:
                now = self._clock()
                due = self._due()
                if now >= due[0]:
                    self._open(due[1])
                elif not threading.main_thread().is_alive():
                    self._open(Why.EXIT)
                else:
                    self._changed.wait(min(WAKE_SECONDS, due[0] - now))
            return self._why

    def agent_came(self) -> None:
        self._alone_since = None

    def agent_went(self) -> None:
        if self._alone_since is None:
            self._alone_since = self._clock()

    def abandon(self) -> None:
        """In a forked child, where no agent can open the gate, and whose copy of the lock may be taken for ever."""
        self._changed = threading.Condition()
        self._id = self._reached_at = None
        self.is_asked = False

    def _due(self) -> tuple[float, Why]:
        """:returns: when the gate opens by itself, and why"""
        limit = math.inf if self.limit is None or self._reached_at is None else self._reached_at + self.limit
        alone = math.inf if self._alone_since is None else self._alone_since + PAUSE_WITHOUT_AGENT_SECONDS
        return (limit, Why.LIMIT) if limit <= alone else (alone, Why.NO_AGENT)

    def _open(self, why: Why) -> Ended | None:
        if self._id is None:
            return None
        ended = Ended(self._id, why, self.is_held)
        self._id = self._reached_at = None
        self.is_asked = False
        self._why = why
        self._changed.notify_all()
        return ended


def limit_in(environment: Mapping[str, str]) -> float | None:
    """:returns: `--pause-limit` of `runcast run`, in seconds, which checks it"""
    try:
        seconds = float(environment.get("RUNCAST_PAUSE_LIMIT", ""))
    except ValueError:
        return None
    return seconds if 0 < seconds < math.inf else None


gate = Gate(limit_in(os.environ))
"""The one of this process."""
