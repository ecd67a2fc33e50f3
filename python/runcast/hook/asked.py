"""The fields of a `sample` command: only known ones, and only within bounds."""

from typing import Any, NamedTuple

from runcast.hook.steering import Message, Refused
from runcast.hook.wire import PROMPT_MAX, SAFE_INTEGER


class _Bounds(NamedTuple):
    kind: type
    """`float` takes whole numbers too."""
    low: float
    high: float
    """Of a number, or of a text in bytes."""


_FIELDS = {
    "prompt": _Bounds(str, 0, PROMPT_MAX),
    "negative_prompt": _Bounds(str, 0, PROMPT_MAX),
    "width": _Bounds(int, 8, 8192),
    "height": _Bounds(int, 8, 8192),
    "seed": _Bounds(int, -1, SAFE_INTEGER),  # -1: any
    "steps": _Bounds(int, 1, 1000),
    "cfg": _Bounds(float, 0, 100),
}


def asked_fields(message: Message) -> dict[str, Any]:
    """:returns: the fields that were given; none at all asks for the default prompts
    :raises Refused: one has the wrong type or is out of bounds, or there is no prompt among them
    """
    given = {name: message[name] for name in _FIELDS if message.get(name) is not None}
    for name, value in given.items():
        _check(name, value, _FIELDS[name])
    if given and "prompt" not in given:
        raise Refused("a sample of its own needs a prompt")
    return given


def _check(name: str, value: Any, bounds: _Bounds) -> None:
    kinds = (int, float) if bounds.kind is float else (bounds.kind,)
    if type(value) not in kinds:  # a bool is no int here
        raise Refused(f"{name} has the wrong type")
    if not bounds.low <= (len(value.encode("utf-8", "surrogatepass")) if bounds.kind is str else value) <= bounds.high:
        raise Refused(f"{name} must lie between {bounds.low} and {bounds.high}")
