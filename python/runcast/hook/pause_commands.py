"""`pause` and `resume`: how the training thread comes to be held, and what is said of it.

A pause is applied when the training thread says that it has arrived, a resume when that thread says that it has left.
"""

import contextlib
import sys
import time

from runcast.hook import pausing
from runcast.hook.pausing import Ended, Why, gate
from runcast.hook.ranks import has_other_ranks
from runcast.hook.recording import Record, record
from runcast.hook.steering import ENDED, PAUSE_ENDED, PAUSE_REACHED, TRAIN_LEFT, Open, Outcome, Refused

_UNREACHED = {
    Why.RESUME: "a resume came before the training could be held",
    Why.STOP: "a stop came before the training could be held",
    Why.TRAINING_OVER: ENDED,
    Why.LATE: "the training came to no step in time",
    Why.RAISED: "the training was interrupted",
}
"""Why a pause failed that was asked for and not reached."""

_RUNNING = ("running", "training", None, None)

_said: tuple[str, str | None, str | None, str | None] = _RUNNING
"""What a trainer with the explicit API said last of its status, which a pause does not change: status, phase, message, error."""


def remember(status: str, phase: str | None, message: str | None, error: str | None) -> None:
    """The trainer says its status. Only a running one can be paused, so that anything else is no status to come back to."""
    global _said
    _said = (status, phase, message, error) if status == "running" else _RUNNING


def hand_over_pause(id: str, expires_in: object = None) -> Open:
    """:param expires_in: seconds until the relay calls it expired, where the agent knows them
    :raises Refused: the training cannot be held, or somebody holds it already"""
    if has_other_ranks():
        raise Refused("a training of several processes cannot be paused: those that wait for this one would give up")
    _record_unreached(gate.expire())
    refusal = gate.ask(id, expires_in) if isinstance(expires_in, (int, float)) else gate.ask(id)
    if refusal is not None:
        raise Refused(refusal)

    def outcome_of(_: Open, item: Record) -> Outcome | None:
        if item[0] == PAUSE_REACHED and item[2] == id:
            return Outcome("applied")
        if item[0] == PAUSE_ENDED and item[2] == id:
            return Outcome("failed", _UNREACHED.get(item[3], item[3].value))
        return Outcome("failed", ENDED) if item[0] in ("end", "error", TRAIN_LEFT) else None

    return Open(id, "pause", outcome_of, is_marked=True)


def hand_over_resume(id: str) -> Open:
    """:raises Refused: the training is not paused"""
    ended = gate.open(Why.RESUME)
    if ended is None:
        raise Refused("the training is not paused")
    _record_unreached(ended)

    def outcome_of(_: Open, item: Record) -> Outcome | None:
        return Outcome("applied") if item[0] == PAUSE_ENDED and item[2] == ended.id else None

    return Open(id, "resume", outcome_of, is_marked=True)


def refuse_while_paused() -> None:
    """For commands that a trainer takes up between two steps, outside of the gate: they would wait for the resume, and expire.

    :raises Refused: the training is paused
    """
    _record_unreached(gate.expire())
    if gate.is_asked:
        raise Refused("the training is paused" if gate.is_held else "the training is about to be paused")


def stop_asked() -> None:
    """Whoever asks a training to stop ends its pause."""
    _record_unreached(gate.stop())


def training_over() -> None:
    """Nothing is left that could be held: the training has ended, or another one begins."""
    global _said
    _said = _RUNNING
    _record_unreached(gate.open(Why.TRAINING_OVER))
    gate.forget_stop()


def stay_while_paused(trainer: str) -> None:
    """In the training thread, at a step: returns when the training is not paused, or no longer. Called where `gate.is_asked`.

    :param trainer: who speaks: `onetrainer`, `python`
    """
    _record_unreached(gate.expire())
    arrived = gate.enter()
    if arrived is None:
        return
    id, is_first = arrived
    why = Why.RAISED
    try:
        if is_first:
            record(trainer, ("status", time.time(), "paused", None, None, None))
            record(trainer, (PAUSE_REACHED, time.time(), id))
        why = gate.wait(id)
    finally:
        if is_first:
            if why is Why.RAISED:
                _record_unreached(gate.open(why))  # another pause, where this one was over already
            _tell_left(trainer, id, why)


def _tell_left(trainer: str, id: str, why: Why) -> None:
    reason = _reason(why)
    if reason is not None:
        record(trainer, ("log", time.time(), "warning", reason))
    if why is Why.NO_AGENT:
        with contextlib.suppress(Exception):  # closed, or none at all
            print(f"runcast: {reason}", file=sys.stderr, flush=True)
    status, phase, message, error = _said
    record(trainer, ("status", time.time(), status, phase, reason or message, error))
    record(trainer, (PAUSE_ENDED, time.time(), id, why))


def _reason(why: Why) -> str | None:
    """:returns: what is said where the training goes on though nobody resumed or stopped it"""
    if why is Why.LIMIT:
        return f"the pause reached its limit of {_duration(gate.limit or 0)}: the training goes on"
    if why is Why.NO_AGENT:
        return f"no agent for {_duration(pausing.PAUSE_WITHOUT_AGENT_SECONDS)}, so nobody can resume: the training goes on"
    if why is Why.EXIT:
        return "the program waits for its end: the paused training goes on"
    return None


def _duration(seconds: float) -> str:
    for unit, size in (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1)):
        if seconds >= size and seconds % size == 0:
            count = int(seconds // size)
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{seconds:g} seconds"


def _record_unreached(ended: Ended | None) -> None:
    """A pause that the training thread never reached: no other thread would say that it is over."""
    if ended is not None and not ended.was_reached:
        record("python", (PAUSE_ENDED, time.time(), ended.id, ended.why))
