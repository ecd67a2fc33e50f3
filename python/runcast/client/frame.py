"""Reads what a room sends."""

import json
from typing import Literal, NoReturn, cast

from runcast.client.messages import CHECKS, RoomMessage


def read_frame(frame: str | bytes) -> RoomMessage | Literal["unknown"] | None:
    """:returns: the message, `"unknown"` for one of a newer relay, None for a frame that cannot be read"""
    if isinstance(frame, bytes):
        return None
    try:
        value = json.loads(frame, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    kind = value.get("type") if isinstance(value, dict) else None
    if not isinstance(kind, str):
        return None
    check = CHECKS.get(kind)
    if check is None:
        return "unknown"
    return cast(RoomMessage, value) if check(value) is None else None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
