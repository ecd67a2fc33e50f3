"""Operators' commands: handed to the trainer, and followed until it shows what became of them. Runs in the sender's thread.

OneTrainer answers nothing: that a command was taken up shows in the records that follow it. A marker goes through the queue behind
each command, so that what was recorded before is not taken for an answer.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from runcast.hook.onetrainer.live import live_training
from runcast.hook.onetrainer.samples_asked import Refused, custom_sample
from runcast.hook.recording import Record

MARKER = "command_marker"
"""Kind of the record that follows a command; never sent."""

TRAIN_LEFT = "train_left"
"""Kind of the record that says that the training loop is over, which the agent sees by other means; never sent."""

_REMEMBERED = 1_000
"""Commands whose last word is kept, for an agent that asks again."""

_ENDED = "the training ended before the command was taken up"


@dataclass
class Open:
    """A command that the trainer has, and that nothing shows yet."""

    id: str
    command: str
    sample_type: str | None = None
    prompt: str | None = None
    is_marked: bool = False
    """Its marker has come through the queue: what follows was recorded after it."""
    has_begun: bool = False
    """The trainer said that it samples, backs up or saves."""


@dataclass(frozen=True)
class Outcome:
    state: str
    error: str | None = None


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

    def receive(self, message: dict[str, Any]) -> None:
        """Hands a `command` message to the trainer; one that came before is answered as before."""
        id = str(message.get("id"))
        if any(command.id == id for command in self._open):
            return
        if id in self._closed:
            outcome = self._closed[id]
            self._answer(id, outcome.state, self._step, outcome.error)
            return
        command = Open(id, str(message.get("command")))
        try:
            _hand_over(command, message)
        except Refused as refusal:
            self._close(command, Outcome("rejected", str(refusal)))
        except Exception as problem:
            self._close(command, Outcome("failed", f"{type(problem).__name__}: {problem}"))
        else:
            self._open.append(command)
            self._record((MARKER, time.time(), id))

    def observe(self, records: Iterable[Record]) -> Iterator[Record]:
        """Looks through records for answers.

        :returns: the records that are sent: the same without our own marks, custom samples with the prompt that was asked for
        """
        for item in records:
            if item[0] == MARKER:
                self._mark(item[2])
                continue
            if item[0] == "progress":
                self._step = item[4]
            if item[0] != TRAIN_LEFT:
                yield self._with_prompt(item)
            self._settle(item)  # after the record itself is on its way

    def _mark(self, id: str) -> None:
        for command in self._open:
            command.is_marked = command.is_marked or command.id == id

    def _with_prompt(self, item: Record) -> Record:
        if item[0] != "sample" or item[2] != "custom":
            return item
        asked = next((command for command in self._open if command.sample_type == "custom" and command.has_begun), None)
        return (*item[:6], asked.prompt) if asked else item

    def _settle(self, item: Record) -> None:
        is_answered = False
        for command in [command for command in self._open if command.is_marked]:
            outcome = outcome_of(command, item)
            # One picture answers one request for a picture of its own; a picture with the default prompts answers all of them.
            if outcome is None or (is_answered and command.sample_type == "custom" and outcome.state == "applied"):
                continue
            is_answered = is_answered or command.sample_type == "custom"
            self._open.remove(command)
            self._close(command, outcome, item[4] if item[0] == "sample" else self._step)

    def _close(self, command: Open, outcome: Outcome, step: int | None = None) -> None:
        self._closed[command.id] = outcome
        if len(self._closed) > _REMEMBERED:
            self._closed.popitem(last=False)
        self._answer(command.id, outcome.state, step if step is not None else self._step, outcome.error)


def outcome_of(command: Open, item: Record) -> Outcome | None:
    """:returns: what a record that came after the command says about it; None where that is nothing (`has_begun` is kept in `command`)"""
    kind, status = item[0], item[2] if item[0] == "status_text" else None
    if command.command == "stop" and kind in ("progress", TRAIN_LEFT):
        # OneTrainer looks at the flag right after the callback that tells of progress.
        return Outcome("applied")
    if kind == "error" or (kind == TRAIN_LEFT and not command.has_begun):
        return Outcome("failed", _ENDED)
    if command.command == "stop":
        return None
    if command.command == "sample":
        return _outcome_of_sample(command, item, status)
    if status == {"backup": "Creating backup", "save": "Saving"}[command.command]:
        command.has_begun = True
        return None
    return Outcome("applied") if command.has_begun and kind in ("status_text", "progress", TRAIN_LEFT) else None


def _outcome_of_sample(command: Open, item: Record, status: str | None) -> Outcome | None:
    if status == "Sampling ...":
        command.has_begun = True
    elif command.has_begun and item[0] == "sample" and item[2] == command.sample_type:
        return Outcome("applied")
    elif command.has_begun and (status is not None or item[0] == TRAIN_LEFT):
        return Outcome("failed", "the trainer sampled, and no picture came of it")
    return None


def _hand_over(command: Open, message: dict[str, Any]) -> None:
    training = live_training()
    if training is None:
        raise Refused("no training that takes commands is running")
    if command.command == "stop":
        training.commands.stop()
    elif command.command == "sample":
        sample = custom_sample(message, training.model_type)
        command.sample_type = "default" if sample is None else "custom"
        if sample is None:
            training.commands.sample_default()
        else:
            command.prompt = sample.prompt
            training.commands.sample_custom(sample)
    elif command.command == "backup":
        training.commands.backup()
    elif command.command == "save":
        training.commands.save()
    elif command.command in ("pause", "resume"):
        raise Refused(f"this version of the hook cannot {command.command} a training")
    else:
        raise Refused(f"unknown command {command.command!r}")
