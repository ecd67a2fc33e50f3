"""A viewer's link, as its user is told. Times are seconds since 1970, as of `time.time()`."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Reason:
    """Why a link ended, or why it is not there.

    `code` is one of the protocol's, or: `unreachable`, nothing answers at the address. `dead_link`, the peer fell silent. `closed_by_user`,
    `Connection.close`. `connection_lost`, cut without a word. `token_unavailable`, whoever gives the token failed.
    """

    code: str
    message: str


@dataclass(frozen=True)
class Connecting:
    """Never was live."""

    since: float
    attempt: int


@dataclass(frozen=True)
class Live:
    since: float


@dataclass(frozen=True)
class Recovering:
    """Was live, lost since, and expected back any moment."""

    since: float
    attempt: int
    reason: Reason


@dataclass(frozen=True)
class Offline:
    """Away for ten seconds and more. It goes on trying: next at `retry_at`, None while a try is under way."""

    since: float
    attempt: int
    retry_at: float | None
    reason: Reason


@dataclass(frozen=True)
class Closed:
    """Ended for good: nothing more comes."""

    since: float
    reason: Reason


LinkState: TypeAlias = Connecting | Live | Recovering | Offline | Closed

OFFLINE_AFTER_MS = 10_000
"""A loss shorter than this is a blink; a longer one is told as being offline."""
