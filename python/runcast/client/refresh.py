"""AC4: when a live link asks for a newer token. Pure; times are milliseconds since 1970, by the client's clock. client/refresh.ts is the
same for TypeScript."""

import math
from dataclasses import dataclass
from datetime import datetime, timezone

_BEFORE_END_MS = 60_000
"""Early enough that a slow answer still comes in time; a token that is shorter than five times this is replaced after most of it."""
_MOST = 0.8
_LEAST_LEFT_MS = 1000
"""With less than this left nothing is asked any more: the end itself leads to another connection."""


@dataclass(frozen=True)
class TokenEnd:
    """The end of a live link's token. `ahead_ms`: how far the client's clock is ahead of the relay's; `ask_at`: None where nothing will be
    asked."""

    ahead_ms: int
    ends_at: int
    ask_at: int | None


def ask_at(now: int, ends_at: int) -> int | None:
    """Where the answer is the token that is had already, the same rule is asked again of what remains: a handful of tries that get closer,
    and no storm.

    :returns: when to ask for another token, or None where it is too late for that
    """
    left = ends_at - now
    if left < _LEAST_LEFT_MS:
        return None
    return now + math.ceil(max(left * _MOST, left - _BEFORE_END_MS))


def token_end(now: int, expires_at: str | None, ahead_ms: int) -> TokenEnd | None:
    """:param expires_at: as the relay's clock has it; None from a relay that does not tell"""
    said = milliseconds(expires_at)
    if said is None:
        return None
    ends_at = said + ahead_ms
    return TokenEnd(ahead_ms, ends_at, ask_at(now, ends_at))


def milliseconds(timestamp: str | None) -> int | None:
    """:returns: since 1970, or None for a text that is no time"""
    try:
        at = datetime.fromisoformat((timestamp or "").replace("Z", "+00:00"))
    except ValueError:
        return None
    return round((at if at.tzinfo else at.replace(tzinfo=timezone.utc)).timestamp() * 1000)
