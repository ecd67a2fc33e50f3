"""A client's link with a clock that the test moves."""

from typing import Any

from runcast.client.delivery import NOTHING_DELIVERED, Delivery
from runcast.client.link import advance, start_link
from runcast.client.link_types import Effect, Heard, Input, Instant, Tick
from runcast.client.link_view import due_at, link_state
from runcast.client.state import LinkState


class LinkBench:
    def __init__(self, is_replaying: bool = True, delivery: Delivery = NOTHING_DELIVERED):
        self.now = 1_000_000
        self.random = 0.5
        self.link, self.effects = start_link(self.now, is_replaying, delivery)

    def give(self, given: Input, after_ms: int = 0) -> list[Effect]:
        self.now += after_ms
        self.link, self.effects = advance(self.link, given, Instant(self.now, self.random))
        return self.effects

    def hear(self, message: Any, size: int = 100) -> list[Effect]:
        return self.give(Heard(message, size))

    def wait(self) -> list[Effect]:
        """Moves the clock to the next moment that the machine asked for."""
        due = due_at(self.link, self.now)
        assert due is not None, "nothing is due"
        return self.give(Tick(), due - self.now)

    @property
    def due_ms(self) -> int | None:
        """Until the next moment that the machine asked for."""
        due = due_at(self.link, self.now)
        return None if due is None else due - self.now

    @property
    def state(self) -> LinkState:
        return link_state(self.link, self.now)
