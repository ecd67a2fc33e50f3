"""What the outside sees of a link."""

from runcast.client.link_types import Ended, Link, Live, Opening, Renewing, Waiting
from runcast.client.state import OFFLINE_AFTER_MS, Closed, Connecting, LinkState, Offline, Recovering
from runcast.client.state import Live as LiveState


def due_at(link: Link, now: int) -> int | None:
    """:returns: when the next `Tick` is due, in milliseconds since 1970, or None"""
    phase = link.phase
    if isinstance(phase, Ended):
        return None
    if isinstance(phase, Live):
        quiet_at = phase.dead_at if phase.dead_at is not None else phase.heard + phase.keepalive_every_ms
        ask_at = None if phase.token_end is None else phase.token_end.ask_at
        return quiet_at if ask_at is None else min(quiet_at, ask_at)
    # A loss becomes "offline" once: a moment that has passed is not waited for again.
    offline_at = None if link.away is None else link.away.since + OFFLINE_AFTER_MS
    due = [] if offline_at is None or offline_at <= now else [offline_at]
    if isinstance(phase, (Opening, Renewing)):
        due.append(phase.deadline)
    elif isinstance(phase, Waiting):
        due.append(phase.retry_at)
    return min(due, default=None)


def link_state(link: Link, now: int) -> LinkState:
    """:returns: the link as it is told to its user"""
    phase, away = link.phase, link.away
    if isinstance(phase, Ended):
        return Closed(phase.since / 1000, phase.reason)
    if isinstance(phase, Live) or away is None:
        return LiveState((phase.since if isinstance(phase, Live) else now) / 1000)
    if now - away.since >= OFFLINE_AFTER_MS:
        retry_at = phase.retry_at / 1000 if isinstance(phase, Waiting) else None
        return Offline(away.since / 1000, link.attempt, retry_at, away.reason)
    if away.was_live:
        return Recovering(away.since / 1000, link.attempt, away.reason)
    return Connecting(away.since / 1000, link.attempt)
