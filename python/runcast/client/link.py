"""A viewer's link as a pure machine: `advance` takes a state and an input and gives the next state and what is to be done. It reads no
clock, draws no random number and holds no socket. client/link.ts is the same for TypeScript."""

from dataclasses import replace

from runcast.client.backoff import HEALTHY_MS, backoff, patience
from runcast.client.close_codes import RATE_LIMITED, TOKEN_EXPIRED, after_close, close_message, close_name
from runcast.client.delivery import NOTHING_DELIVERED, Delivery, after_batch, after_renumbering, after_welcome, since_position
from runcast.client.link_types import (
    Abandon,
    Ack,
    Away,
    Check,
    Close,
    Deliver,
    Effect,
    Ended,
    Greet,
    Heard,
    Held,
    Input,
    Instant,
    Judged,
    Link,
    Live,
    NewToken,
    Open,
    Opening,
    PassOn,
    Probe,
    Reader,
    Refresh,
    Renew,
    Renewing,
    Retry,
    SocketClosed,
    Step,
    Stop,
    Tick,
    Token,
    Unread,
    Waiting,
)
from runcast.client.messages import Batch, Welcome
from runcast.client.refresh import ask_at, milliseconds, token_end
from runcast.client.state import Reason

_OPENING_MS = 15_000
_RENEWING_MS = 15_000
"""For whoever gives a new token."""
_PROBE_MS = 8000
"""From a keep-alive to its answer: a poor network takes seconds, not tens of them."""
_CHECK_MS = 4000
_HEARD_RECENTLY_MS = 2000
"""A link that was heard this recently needs no check."""
_NO_TOKEN = Reason("token_unavailable", "whoever gives the token did not answer")
_UNREADABLE = Reason("protocol_error", "the peer does not speak this protocol")


def start_link(now: int, is_replaying: bool, delivery: Delivery = NOTHING_DELIVERED) -> Step:
    """:param delivery: a position to go on from, as an earlier connection left it"""
    away = Away(now, False, Reason("connection_lost", "not connected yet"))
    return _open(Link(Unread(), delivery, is_replaying, 0, away), now)


def advance(link: Link, given: Input, instant: Instant) -> Step:
    if isinstance(link.phase, Ended):
        return link, []
    match given:
        case Heard():
            return _on_heard(link, given, instant)
        case SocketClosed():
            return _on_socket_closed(link, given, instant)
        case Judged():
            return _on_verdict(link, given, instant)
        case Token():
            return _on_token(link, given, instant)
        case Reader():
            return _on_reader(replace(link, is_behind=given.is_behind), instant.now)
        case Held():
            return replace(link, phase=replace(link.phase, held_ack=given.through)) if isinstance(link.phase, Live) else link, []
        case Tick():
            return _on_tick(link, instant)
        case Check():
            return _on_check(link, instant.now)
        case Close():
            return _close(link, Reason("closed_by_user", "closed"), instant.now)


def _on_heard(link: Link, heard: Heard, instant: Instant) -> Step:
    message = heard.message
    if message is None:
        return _lose(link, _UNREADABLE, instant, [Abandon()])
    if message["type"] == "welcome":
        return _on_welcome(link, message, instant.now)
    if not isinstance(link.phase, Live):
        return link, []
    live = replace(link.phase, heard=instant.now, dead_at=None, unacked_bytes=link.phase.unacked_bytes + heard.bytes)
    if message["type"] == "batch":
        return _on_batch(link, live, message, heard.bytes)
    if message["type"] == "renumbered":
        return replace(link, phase=live, delivery=after_renumbering(link.delivery, message)), []
    if message["type"] == "keepalive_ack":
        return replace(link, phase=live), []
    if message["type"] == "refreshed":
        ahead_ms = 0 if live.token_end is None else live.token_end.ahead_ms
        live = replace(live, token_end=token_end(instant.now, message["expires_at"], ahead_ms))
    if message["type"] == "error":
        live = replace(live, retry_after_ms=message.get("retry_after_ms", live.retry_after_ms))
    return replace(link, phase=live), [PassOn(message)]


def _on_welcome(link: Link, welcome: Welcome, now: int) -> Step:
    said_at = milliseconds(welcome["timestamp"])
    live = Live(
        since=link.phase.since if isinstance(link.phase, Live) else now,
        heard=now,
        keepalive_text=welcome["keepalive"]["send"],
        keepalive_every_ms=welcome["keepalive"]["every_ms"],
        ack_every_bytes=welcome["limits"]["ack_every_bytes"],
        token_end=None if said_at is None else token_end(now, welcome.get("expires_at"), now - said_at),
    )
    delivery = after_welcome(link.delivery, welcome, link.is_replaying)
    return replace(link, phase=live, delivery=delivery, away=None), [Greet(welcome)]


def _on_batch(link: Link, live: Live, batch: Batch, size: int) -> Step:
    delivery, events = after_batch(link.delivery, batch)
    effects: list[Effect] = [Deliver(events, size)] if events else []
    if live.unacked_bytes >= live.ack_every_bytes:
        # What a reader has not read must not be told to the room as read: it would send more, without bound.
        if link.is_behind:
            live = replace(live, held_ack=batch["through"])
        else:
            live = replace(live, unacked_bytes=0, held_ack=None)
            effects.append(Ack(batch["through"]))
    return replace(link, phase=live, delivery=delivery), effects


def _on_reader(link: Link, now: int) -> Step:
    if link.is_behind:
        return link, []
    if isinstance(link.phase, Unread):
        return _open(link, now)
    if not isinstance(link.phase, Live) or link.phase.held_ack is None:
        return link, []
    return replace(link, phase=replace(link.phase, unacked_bytes=0, held_ack=None)), [Ack(link.phase.held_ack)]


def _on_socket_closed(link: Link, closed: SocketClosed, instant: Instant) -> Step:
    reason = _close_reason(closed)
    live = link.phase if isinstance(link.phase, Live) else None
    match after_close(closed.code):
        case "stop":
            return _close(link, reason, instant.now)
        case "refresh_token":
            return _renew(link, reason, instant.now)
        case "reconnect_at_once" if live is not None and instant.now - live.since >= HEALTHY_MS:
            return _open(_leave(link, reason, instant.now), instant.now)
        case "reconnect_at_once" | "reconnect":
            # At once only for a connection that has carried something: another one would come straight back here.
            told = live.retry_after_ms if live is not None and closed.code == RATE_LIMITED else 0
            return _lose(link, reason, instant, [], told)


def _on_verdict(link: Link, judged: Judged, instant: Instant) -> Step:
    match judged.verdict:
        case Stop(reason):
            return _close(link, reason, instant.now)
        case NewToken(reason):
            return _renew(link, reason, instant.now)
        case Retry(reason, after_ms):
            return _lose(link, reason, instant, [], after_ms)


def _on_token(link: Link, token: Token, instant: Instant) -> Step:
    """The first new token after a healthy link is tried at once; one that does not last is no better than a failed try."""
    reason = link.away.reason if link.away is not None else Reason("token_expired", close_message(TOKEN_EXPIRED))
    match token.answer:
        case "fresh":
            return _open(replace(link, attempt=1), instant.now) if link.attempt == 0 else _lose(link, reason, instant)
        case "same":
            return _close(link, reason, instant.now)
        case "unavailable":
            return _lose(link, _NO_TOKEN, instant)


def _on_tick(link: Link, instant: Instant) -> Step:
    now = instant.now
    match link.phase:
        case Waiting(retry_at) if now >= retry_at:
            return _open(link, now)
        case Opening(deadline) if now >= deadline:
            return _lose(link, Reason("unreachable", "the relay did not answer in time"), instant, [Abandon()])
        case Renewing(deadline) if now >= deadline:
            return _lose(link, _NO_TOKEN, instant)
        case Live() as live if live.dead_at is not None and now >= live.dead_at:
            return _lose(link, Reason("dead_link", "the relay fell silent"), instant, [Abandon()])
        case Live() as live if (end := live.token_end) is not None and end.ask_at is not None and now >= end.ask_at:
            # Whatever comes of it: the next time is set, so that no answer and an answer that is good for nothing are the same.
            return replace(link, phase=replace(live, token_end=replace(end, ask_at=ask_at(now, end.ends_at)))), [Refresh()]
        case Live() as live if live.dead_at is None and now >= live.heard + live.keepalive_every_ms:
            return _probe(link, live, now + _PROBE_MS)
        case _:
            return link, []


def _on_check(link: Link, now: int) -> Step:
    match link.phase:
        case Waiting(_, patient_until) if now >= patient_until:
            return _open(link, now)
        case Live() as live if now - live.heard >= _HEARD_RECENTLY_MS:
            return _probe(link, live, now + _CHECK_MS)
        case _:
            return link, []


def _probe(link: Link, live: Live, dead_at: int) -> Step:
    if live.dead_at is not None:
        return replace(link, phase=replace(live, dead_at=min(live.dead_at, dead_at))), []
    return replace(link, phase=replace(live, dead_at=dead_at)), [Probe(live.keepalive_text)]


def _open(link: Link, now: int) -> Step:
    if link.is_behind:
        return replace(link, phase=Unread()), []
    return replace(link, phase=Opening(now + _OPENING_MS)), [Open(since_position(link.delivery))]


def _lose(link: Link, reason: Reason, instant: Instant, effects: list[Effect] | None = None, told_ms: float = 0) -> Step:
    """The link is gone, and comes back after a while.

    :param told_ms: what the relay asked for
    """
    left = _leave(link, reason, instant.now)
    waiting = Waiting(instant.now + backoff(left.attempt, instant.random, told_ms), instant.now + patience(told_ms))
    return replace(left, attempt=left.attempt + 1, phase=waiting), effects or []


def _leave(link: Link, reason: Reason, now: int) -> Link:
    """Notes since when the link is gone; a link that was healthy starts the count of tries anew."""
    if not isinstance(link.phase, Live):
        return link if link.away is None else replace(link, away=replace(link.away, reason=reason))
    is_healthy = now - link.phase.since >= HEALTHY_MS
    return replace(link, attempt=0 if is_healthy else link.attempt, away=Away(now, True, reason))


def _renew(link: Link, reason: Reason, now: int) -> Step:
    return replace(_leave(link, reason, now), phase=Renewing(now + _RENEWING_MS)), [Renew()]


def _close(link: Link, reason: Reason, now: int) -> Step:
    return replace(link, phase=Ended(now, reason)), [Abandon()]


def _close_reason(closed: SocketClosed) -> Reason:
    name = close_name(closed.code)
    if name is not None:
        return Reason(name, closed.reason or close_message(closed.code))
    return Reason("connection_lost", closed.reason or f"the connection broke ({closed.code})")
