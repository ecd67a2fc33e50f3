"""VW8: what a WebSocket close code means. 4000-4099 mean: come back. 4100-4199: do not. The table is the protocol's, protocol/errors.ts;
test/conformance/cases/close-codes.json holds both to the same."""

from typing import Literal, TypeAlias

AfterClose: TypeAlias = Literal["reconnect", "reconnect_at_once", "refresh_token", "stop"]

RECYCLED = 4001
RATE_LIMITED = 4029
TOKEN_EXPIRED = 4101
FRAME_TOO_BIG = 1009

_TABLE = {
    4000: ("restart", "the relay restarts"),
    RECYCLED: ("recycled", "this connection has carried enough: connect again"),
    4008: ("slow", "this client reads too slowly"),
    RATE_LIMITED: ("rate_limited", "too many requests"),
    4100: ("unauthorized", "a valid token is needed"),
    TOKEN_EXPIRED: ("token_expired", "the token has expired"),
    4102: ("token_revoked", "the token was revoked"),
    4103: ("forbidden", "this token does not allow that"),
    4104: ("run_deleted", "the run was deleted"),
    4105: ("superseded", "another producer took over"),
    4106: ("stale_life", "this life was superseded: begin a new one"),
    4107: ("protocol_error", "the peer does not speak this protocol"),
    FRAME_TOO_BIG: ("frame_too_big", "the frame is too big"),
}


def after_close(code: int) -> AfterClose:
    """:param code: ours or the protocol's (1006 after a cut, 1012 at a restart, …)
    :returns: whether to come back, and how
    """
    if code == RECYCLED:
        return "reconnect_at_once"
    if code == TOKEN_EXPIRED:
        return "refresh_token"
    return "stop" if 4100 <= code < 4200 or code == FRAME_TOO_BIG else "reconnect"


def close_name(code: int) -> str | None:
    """:returns: the table's name for a close code, None for one that is not ours"""
    return _TABLE[code][0] if code in _TABLE else None


def close_message(code: int) -> str:
    """:returns: what the code says to people, empty for one that is not ours"""
    return _TABLE[code][1] if code in _TABLE else ""
