"""EV2: NaN and the infinities travel in JSON as the strings "NaN", "Infinity" and "-Infinity"."""

from typing import Literal, TypeAlias

WireNumber: TypeAlias = float | Literal["NaN", "Infinity", "-Infinity"]
"""A number as it travels: finite, or one of the three names."""


def from_wire(value: WireNumber | None) -> float | None:
    """:returns: the number that travelled as `value`; None stays None (no value is not NaN)"""
    return None if value is None else float(value)
