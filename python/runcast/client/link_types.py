"""A viewer's link between two inputs, what may happen to it, and what is then to be done. Times are milliseconds since 1970."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from runcast.client.delivery import Delivery
from runcast.client.events import AnyEvent
from runcast.client.messages import Answer, RoomMessage, Welcome
from runcast.client.position import Position
from runcast.client.refresh import TokenEnd
from runcast.client.state import Reason


@dataclass(frozen=True)
class Opening:
    """From asking for a socket to the welcome."""

    deadline: int


@dataclass(frozen=True)
class Live:
    since: int
    heard: int
    keepalive_text: str
    keepalive_every_ms: int
    ack_every_bytes: int
    dead_at: int | None = None
    """When the link counts as dead unless something is heard; None while nothing was asked."""
    unacked_bytes: int = 0
    held_ack: int | None = None
    """An ack that waits for the reader."""
    retry_after_ms: float = 0
    """From an error that asked for patience before a close with 4029."""
    token_end: TokenEnd | None = None
    """None where the relay does not tell when the token ends."""


@dataclass(frozen=True)
class Renewing:
    """The token has expired, and another one was asked for."""

    deadline: int


@dataclass(frozen=True)
class Waiting:
    retry_at: int
    patient_until: int
    """What the relay asked for; nothing shortens it."""


@dataclass(frozen=True)
class Unread:
    """The reader has to read first (VW6)."""


@dataclass(frozen=True)
class Ended:
    since: int
    reason: Reason


Phase: TypeAlias = Opening | Live | Renewing | Waiting | Unread | Ended


@dataclass(frozen=True)
class Away:
    """Since when there is no link, and whether there ever was one."""

    since: int
    was_live: bool
    reason: Reason


@dataclass(frozen=True)
class Link:
    phase: Phase
    delivery: Delivery
    is_replaying: bool
    """False where the connection asks for `replay=0`."""
    attempt: int
    """Tries since the link was last healthy."""
    away: Away | None
    is_behind: bool = False
    """The reader has too much unread: nothing is acknowledged, and a link that is lost is not made anew, until it has read."""


@dataclass(frozen=True)
class Retry:
    reason: Reason
    after_ms: float = 0


@dataclass(frozen=True)
class NewToken:
    reason: Reason


@dataclass(frozen=True)
class Stop:
    reason: Reason


Verdict: TypeAlias = Retry | NewToken | Stop
"""Whether a connection that did not come about may come about later."""


@dataclass(frozen=True)
class Heard:
    """`message` is None for a frame that cannot be read: skipping it could be a hole."""

    message: RoomMessage | None
    bytes: int


@dataclass(frozen=True)
class SocketClosed:
    code: int
    reason: str = ""


@dataclass(frozen=True)
class Judged:
    """The socket was not opened."""

    verdict: Verdict


@dataclass(frozen=True)
class Token:
    """What asking for a token gave: another one, the same or none, or no answer."""

    answer: Literal["fresh", "same", "unavailable"]


@dataclass(frozen=True)
class Reader:
    """The reader has too much unread, or has read."""

    is_behind: bool


@dataclass(frozen=True)
class Held:
    """The reader fell behind with the very batch that an ack was for."""

    through: int


@dataclass(frozen=True)
class Tick:
    pass


@dataclass(frozen=True)
class Check:
    """Something suggests that the network changed."""


@dataclass(frozen=True)
class Close:
    pass


Input: TypeAlias = Heard | SocketClosed | Judged | Token | Reader | Held | Tick | Check | Close


@dataclass(frozen=True)
class Open:
    since: Position | None


@dataclass(frozen=True)
class Abandon:
    pass


@dataclass(frozen=True)
class Renew:
    pass


@dataclass(frozen=True)
class Refresh:
    """Asks for a newer token while the link stays (AC4)."""


@dataclass(frozen=True)
class Ack:
    """Tells the room what has arrived (VW6)."""

    through: int


@dataclass(frozen=True)
class Probe:
    """Asks whether the link still works (VW7)."""

    text: str


@dataclass(frozen=True)
class Greet:
    welcome: Welcome


@dataclass(frozen=True)
class Deliver:
    """`bytes`: of the frame that the events came in."""

    events: list[AnyEvent]
    bytes: int


@dataclass(frozen=True)
class PassOn:
    message: Answer


Effect: TypeAlias = Open | Abandon | Renew | Refresh | Ack | Probe | Greet | Deliver | PassOn


@dataclass(frozen=True)
class Instant:
    now: int
    random: float
    """In [0, 1), for the jitter."""


Step: TypeAlias = tuple[Link, list[Effect]]
