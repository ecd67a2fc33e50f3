"""The functions that a connection's user has given."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from runcast.client.events import AnyEvent, RunEvent
from runcast.client.messages import Answer, Welcome
from runcast.client.received import Event, Received, Welcomed
from runcast.client.state import LinkState


@dataclass(frozen=True)
class Callbacks:
    """What one of them raises is told to the event loop's exception handler: what comes after it must reach them all the same."""

    on_welcome: Callable[[Welcome], object] | None
    on_event: Callable[[RunEvent], object] | None
    on_other: Callable[[AnyEvent], object] | None
    on_state: Callable[[LinkState], object] | None
    on_answer: Callable[[Answer], object] | None

    def received(self, received: Received) -> None:
        if isinstance(received, Welcomed):
            _call(self.on_welcome, received.welcome)
        elif isinstance(received, Event):
            _call(self.on_event, received.event)
        else:
            _call(self.on_other, received.event)

    def state(self, state: LinkState) -> None:
        _call(self.on_state, state)

    def answer(self, answer: Answer) -> None:
        _call(self.on_answer, answer)


def report(error: Exception) -> None:
    """Tells the event loop's exception handler of an error in the user's own code."""
    context = {"message": "a function given to a runcast connection failed", "exception": error}
    asyncio.get_running_loop().call_exception_handler(context)


def _call(callback: Callable[[Any], object] | None, value: Any) -> None:
    if callback is None:
        return
    try:
        callback(value)
    except Exception as error:
        report(error)
