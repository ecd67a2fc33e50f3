"""What following a command needs, whatever trainer it is for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from runcast.hook.recording import Record

MARKER = "command_marker"
"""Kind of the record that goes through the queue behind a command: records before it are no answer."""
TRAIN_LEFT = "train_left"
"""Kind of the record that says that OneTrainer's training loop is over, which the agent sees by other means."""
CARRIED_OUT = "command_carried_out"
"""Kind of the record by which a trainer with the explicit API answers: id, state, error."""
PAUSE_REACHED = "pause_reached"
"""Kind of the record by which the training thread says that it is held: the pause's id."""
PAUSE_ENDED = "pause_ended"
"""Kind of the record that says that it is held no longer, or never was: the pause's id, and a `pausing.Why`."""
NEVER_SENT = frozenset((MARKER, TRAIN_LEFT, CARRIED_OUT, PAUSE_REACHED, PAUSE_ENDED))

ENDED = "the training ended before the command was taken up"


class Refused(Exception):
    """A command that is not handed to the trainer; the message says why."""


@dataclass(frozen=True)
class Outcome:
    state: str
    error: str | None = None


@dataclass
class Open:
    """A command that the trainer has, and that nothing shows yet."""

    id: str
    command: str
    outcome_of: "Callable[[Open, Record], Outcome | None]"
    """What a record that came after the command says about it; None where that is nothing."""
    sample_type: str | None = None
    prompt: str | None = None
    is_marked: bool = False
    """Its marker has come through the queue."""
    has_begun: bool = False
    """The trainer said that it samples, backs up or saves."""


Message = dict[str, Any]
