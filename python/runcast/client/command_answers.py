"""Commands that were sent and not answered yet."""

import asyncio
from dataclasses import dataclass
from typing import TypeAlias

from runcast.client.events import CommandState

_ANSWER_SECONDS = 10.0


@dataclass(frozen=True)
class Accepted:
    """The room has the command. What becomes of it comes as `command_status` events."""

    id: str
    state: CommandState


@dataclass(frozen=True)
class Refused:
    """The command was refused, or no answer is known. Sending the same id again is safe: a command runs once (CM1)."""

    id: str
    code: str
    message: str


CommandAnswer: TypeAlias = Accepted | Refused


class CommandAnswers:
    """In the order of sending."""

    def __init__(self) -> None:
        self._waiting: dict[str, asyncio.Future[CommandAnswer]] = {}

    async def wait(self, id: str) -> CommandAnswer:
        """:returns: the answer, or a failure after ten seconds of silence"""
        self._settle(Refused(id, "superseded", "the same command was sent again"))
        answer = self._waiting[id] = asyncio.get_running_loop().create_future()
        try:
            return await asyncio.wait_for(answer, _ANSWER_SECONDS)
        except asyncio.TimeoutError:
            return Refused(id, "no_answer", "the relay did not answer")
        finally:
            if self._waiting.get(id) is answer:
                del self._waiting[id]

    def acknowledged(self, id: str, state: CommandState) -> None:
        self._settle(Accepted(id, state))

    def refused(self, id: str | None, code: str, message: str) -> None:
        """An error names the command it is about, or is about the oldest: messages of one socket are answered in order."""
        about = id if id is not None else next(iter(self._waiting), None)
        if about is not None:
            self._settle(Refused(about, code, message))

    def lost(self) -> None:
        """The link is gone: whether the commands arrived is not known."""
        for id in list(self._waiting):
            self._settle(Refused(id, "connection_lost", "the connection broke before the relay answered"))

    def _settle(self, answer: CommandAnswer) -> None:
        waiting = self._waiting.pop(answer.id, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)
