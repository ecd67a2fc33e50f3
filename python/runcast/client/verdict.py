"""Whether a connection that was refused may come about later."""

import json
import math
from collections.abc import Mapping

from websockets.exceptions import InvalidStatus

from runcast.client.link_types import NewToken, Retry, Stop, Verdict
from runcast.client.state import Reason

_FINAL = frozenset(
    {"unauthorized", "token_revoked", "forbidden", "origin_not_allowed", "not_found", "run_not_found", "run_deleted", "invalid_message"}
)
"""Refusals that another try with the same credentials cannot change."""

_BY_STATUS = {
    401: Reason("unauthorized", "a valid token is needed"),
    403: Reason("forbidden", "this token does not allow that"),
    404: Reason("not_found", "there is no such thing here"),
    410: Reason("run_deleted", "the run was deleted"),
    429: Reason("rate_limited", "too many requests"),
}
"""For an answer that is not the relay's own, such as a proxy's page."""


def verdict_of(status: int, body: object, retry_after: str | None) -> Verdict:
    """:param body: parsed JSON, None where it is none
    :param retry_after: the header, in seconds
    """
    reason = _said(body) or _reason_of_status(status)
    if reason.code == "token_expired":
        return NewToken(reason)
    if reason.code in _FINAL:
        return Stop(reason)
    return Retry(reason, _seconds(retry_after) * 1000)


def refused(error: Exception) -> Verdict:
    """:param error: what `websockets` raised instead of a connection"""
    if isinstance(error, InvalidStatus):
        headers: Mapping[str, str] = error.response.headers
        return verdict_of(error.response.status_code, _json(error.response.body), headers.get("Retry-After"))
    return Retry(Reason("unreachable", f"nothing answers at the relay's address: {error or type(error).__name__}"))


def _said(body: object) -> Reason | None:
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return None
    code, message = error.get("code"), error.get("message")
    return Reason(code, message) if isinstance(code, str) and isinstance(message, str) else None


def _reason_of_status(status: int) -> Reason:
    if 200 <= status < 300:
        return Reason("connection_lost", "the connection broke while it was being made")
    return _BY_STATUS.get(status) or Reason("unreachable", f"the relay's address answers with HTTP {status}")


def _json(body: bytes | bytearray | None) -> object:
    try:
        return json.loads(body or b"null")
    except ValueError:
        return None


def _seconds(text: str | None) -> float:
    try:
        seconds = float(text or "0")
    except ValueError:
        return 0
    return max(0, seconds) if math.isfinite(seconds) else 0
