"""Values as they may stand in a protocol message: finite JSON, with the protocol's limits."""

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

TEXT_MAX = 8 * 1024
"""A log line, a status, an error."""
NAME_MAX = 200
"""Names of runs and of series."""
PROMPT_MAX = 4 * 1024
PATH_MAX = 4096
SAFE_INTEGER = 2**53 - 1
"""What JSON's readers take as an integer."""

_CONFIG_DEPTH = 8
_CONFIG_VALUES = 10_000
_CONFIG_CHARACTERS = 512 * 1024


def text(value: object, limit: int = TEXT_MAX) -> str:
    """:returns: `value` as text of at most `limit` UTF-16 units, which is how the agent counts"""
    full = value if isinstance(value, str) else str(value)
    if len(full) * 2 <= limit or (len(full) <= limit and full.isascii()):
        return full
    units = full.encode("utf-16-le", "surrogatepass")
    if len(units) <= limit * 2:
        return full
    # A cut may leave half of a pair at the end, which is dropped.
    return units[: limit * 2 - 2].decode("utf-16-le", "ignore") + "…"


def optional_text(value: object, limit: int) -> str | None:
    return None if value is None else text(value, limit)


def number(value: float) -> float | str:
    """:returns: `value`, or the name by which NaN and the infinities travel"""
    if math.isfinite(value):
        return value
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def count(value: Any) -> int | None:
    """:returns: a non-negative integer, None for anything else"""
    whole = integer(value)
    return whole if whole is not None and whole >= 0 else None


def integer(value: Any) -> int | None:
    """:returns: `value` as an integer that survives JSON; None where it is none"""
    try:
        whole = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return whole if abs(whole) <= SAFE_INTEGER else None


def config(value: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """:returns: a configuration as JSON, cut at a depth and a size that fit one message; what JSON lacks becomes text"""
    if value is None:
        return None
    budget = _Budget(_CONFIG_VALUES, _CONFIG_CHARACTERS)
    safe = budget.spend(value, _CONFIG_DEPTH)
    return safe if isinstance(safe, dict) else None


class _Budget:
    """Counts what a configuration may still hold while it is copied."""

    def __init__(self, values: int, characters: int):
        self._values = values
        self._characters = characters

    def spend(self, value: Any, depth: int) -> Any:
        self._values -= 1
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int):
            return value if abs(value) <= SAFE_INTEGER else self._text(value)
        if isinstance(value, float):
            return number(value)
        if depth > 0 and isinstance(value, Mapping):
            return {self._text(key): self.spend(item, depth - 1) for key, item in self._affordable(value.items())}
        if depth > 0 and isinstance(value, (list, tuple, set, frozenset)):
            return [self.spend(item, depth - 1) for item in self._affordable(value)]
        return self._text(value)

    def _affordable(self, items: Iterable[Any]) -> Iterator[Any]:
        for item in items:
            if self._values <= 0 or self._characters <= 0:
                return
            yield item

    def _text(self, value: object) -> str:
        cut = text(value)[: max(0, self._characters)]
        self._characters -= len(cut)
        return cut
