"""Operators' commands: handed to the trainer, and followed until the records show what became of them. Runs in the sender's thread."""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator

from runcast.hook import explicit, pause_commands
from runcast.hook.onetrainer import steered
from runcast.hook.onetrainer.live import live_training
from runcast.hook.pausing import gate
from runcast.hook.recording import Record
from runcast.hook.steering import MARKER, NEVER_SENT, TRAIN_LEFT, Message, Open, Outcome, Refused

_REMEMBERED = 1_000
"""Commands whose last word is kept, for an agent that asks again."""

_TAKEN_UP_BETWEEN_STEPS = frozenset(("sample", "backup", "save"))


class Commands:
    """:param record: puts a record into the queue
    :param answer: sends `command_update`: id, state, global step, error
    """

    def __init__(self, record: Callable[[Record], None], answer: Callable[[str, str, int | None, str | None], None]):
        self._record = record
        self._answer = answer
        self._open: list[Open] = []
        self._closed: OrderedDict[str, Outcome] = OrderedDict()
        self._step: int | None = None
        self._can_be_held = False
        """The training that runs has told of a step: only at a step can it be held."""

    def receive(self, message: Message) -> None:
        """Hands a `command` message to the trainer; one that came before is answered as before."""
        id = str(message.get("id"))
        if any(command.id == id for command in self._open):
            return
        if id in self._closed:
            outcome = self._closed[id]
            self._answer(id, outcome.state, self._step, outcome.error)
            return
        try:
            self._open.append(self._hand_over(id, message))
        except Refused as refusal:
            self._close(id, Outcome("rejected", str(refusal)), self._step)
        except Exception as problem:
            self._close(id, Outcome("failed", f"{type(problem).__name__}: {problem}"), self._step)
        else:
            self._note_what_waits()
            self._record((MARKER, time.time(), id))

    def observe(self, records: Iterable[Record]) -> Iterator[Record]:
        """Looks through records for answers.

        :returns: the records that are sent: the same without our own marks, custom samples with the prompt that was asked for
        """
        for item in records:
            if item[0] == MARKER:
                self._mark(item[2])
            if item[0] == "progress":
                self._step, self._can_be_held = item[4], True
            if item[0] in ("end", "error", TRAIN_LEFT):
                self._can_be_held = False
            if item[0] == "stop_requested":
                self._mark_stops()
            if item[0] not in NEVER_SENT:
                yield self._with_prompt(item)
            self._settle(item)  # after the record itself is on its way

    def _mark(self, id: str) -> None:
        for command in self._open:
            command.is_marked = command.is_marked or command.id == id

    def _mark_stops(self) -> None:
        """A stop lets a paused training go on, which may be over before the marker is in the queue."""
        for command in self._open:
            command.is_marked = command.is_marked or command.command == "stop"

    def _note_what_waits(self) -> None:
        gate.is_busy = any(command.command in _TAKEN_UP_BETWEEN_STEPS for command in self._open)

    def _with_prompt(self, item: Record) -> Record:
        if item[0] != "sample" or item[2] != "custom":
            return item
        asked = next((command for command in self._open if command.sample_type == "custom" and command.has_begun), None)
        return (*item[:6], asked.prompt) if asked else item

    def _settle(self, item: Record) -> None:
        is_answered = False
        for command in [command for command in self._open if command.is_marked]:
            outcome = command.outcome_of(command, item)
            # One picture answers one request for a picture of its own; a picture with the default prompts answers all of them.
            if outcome is None or (is_answered and command.sample_type == "custom" and outcome.state == "applied"):
                continue
            is_answered = is_answered or command.sample_type == "custom"
            self._open.remove(command)
            self._note_what_waits()
            self._close(command.id, outcome, item[4] if item[0] == "sample" else self._step)

    def _close(self, id: str, outcome: Outcome, step: int | None) -> None:
        self._closed[id] = outcome
        if len(self._closed) > _REMEMBERED:
            self._closed.popitem(last=False)
        self._answer(id, outcome.state, step if step is not None else self._step, outcome.error)

    def _hand_over(self, id: str, message: Message) -> Open:
        """:raises Refused: nobody here carries it out"""
        name = str(message.get("command"))
        if name == "pause":
            if not self._can_be_held:
                raise Refused("no training that has told of a step is running, and only at a step can one be held")
            return pause_commands.hand_over_pause(id, message.get("expires_in"))
        if name == "resume":
            return pause_commands.hand_over_resume(id)
        if name not in ("stop", *_TAKEN_UP_BETWEEN_STEPS):
            raise Refused(f"unknown command {name!r}")
        if name != "stop":
            pause_commands.refuse_while_paused()
        training = live_training()
        if training is not None:
            return steered.hand_over(training, id, name, message)
        return explicit.hand_over(id, name, message)
