"""Commands for trainers with the explicit API: they wait until the training thread comes by, between two steps.

The trainer's own function carries them out, in the thread that trains, so that it needs no locks; its return is the answer.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from runcast.hook import pause_commands
from runcast.hook.asked import asked_fields
from runcast.hook.pausing import gate
from runcast.hook.recording import Record, record
from runcast.hook.steering import CARRIED_OUT, ENDED, Message, Open, Outcome, Refused


@dataclass(frozen=True)
class Command:
    """What an operator asks of the training."""

    name: str
    """`stop`, `sample`, `backup` or `save`."""
    fields: dict[str, Any] = field(default_factory=dict)
    """Of a sample with a prompt of its own: `prompt`, `negative_prompt`, `width`, `height`, `seed`, `steps`, `cfg`, those that were given;
    of a stop: `save`."""


Handler = Callable[[Command], object]

waiting: deque[tuple[str, Command]] = deque()
"""Commands with their ids. The training thread looks whether there are any at each step."""

_handler: Handler | None = None


def handle_with(handler: Handler | None) -> None:
    global _handler
    _handler = handler


def hand_over(id: str, name: str, message: Message) -> Open:
    """Puts a command where the training thread finds it.

    :raises Refused: the trainer takes no commands, or a field is out of bounds
    """
    if _handler is None:
        raise Refused("no training that takes commands is running")
    fields = asked_fields(message) if name == "sample" else {"save": message.get("save") is True} if name == "stop" else {}
    waiting.append((id, Command(name, fields)))
    if name == "stop":
        pause_commands.stop_asked()
    # The answer carries the id, so that it needs no marker before it, which the training thread might overtake.
    return Open(id, name, _outcome_of, is_marked=True)


def carry_out() -> None:
    """Runs the trainer's function on each command that waits. In the training thread; what the function raises is its answer."""
    while waiting:
        id, command = waiting.popleft()
        if command.name == "stop":
            record("python", ("stop_requested", time.time()))
        try:
            if _handler is not None:
                _handler(command)
            outcome = Outcome("applied")
        except Exception as problem:
            outcome = Outcome("failed", str(problem) or type(problem).__name__)
        if command.name == "stop":
            gate.forget_stop()
        record("python", (CARRIED_OUT, time.time(), id, outcome.state, outcome.error))


def _outcome_of(command: Open, item: Record) -> Outcome | None:
    if item[0] == CARRIED_OUT and item[2] == command.id:
        return Outcome(item[3], item[4])
    return Outcome("failed", ENDED) if item[0] in ("end", "error") else None
