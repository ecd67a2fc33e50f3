"""Checks parsed JSON against types: the `TypedDict`s of the protocol are written once, for people, type checkers and this.

Understood are None, bool, int, float, str, object, Literal, unions, list, dict with text keys, TypedDict, and Annotated with one of the
bounds below. Unknown fields pass. What a type means is worked out once; a check is then a few calls.
"""

import re
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints, is_typeddict

Check: TypeAlias = Callable[[Any], str | None]
"""Takes a value; gives what is wrong with it, None where it fits."""


@dataclass(frozen=True)
class AtLeast:
    low: int

    def problem(self, value: int) -> str | None:
        return None if value >= self.low else f"must be {self.low} or more"


@dataclass(frozen=True)
class Within:
    low: float
    high: float

    def problem(self, value: float) -> str | None:
        return None if self.low <= value <= self.high else f"must lie between {self.low} and {self.high}"


@dataclass(frozen=True)
class Length:
    """Of a text, in characters, or of a list."""

    low: int
    high: int

    def problem(self, value: str | list[Any]) -> str | None:
        return None if self.low <= len(value) <= self.high else f"must have {self.low} to {self.high} characters or items"


@dataclass(frozen=True)
class Bytes:
    """Of a text in UTF-8, as it travels. Half a surrogate pair has as many as the replacement character that becomes of it."""

    high: int

    def problem(self, value: str) -> str | None:
        fits = len(value.encode("utf-8", "surrogatepass")) <= self.high
        return None if fits else f"must have at most {self.high} bytes"


@dataclass(frozen=True)
class Matching:
    pattern: str

    def problem(self, value: str) -> str | None:
        return None if re.fullmatch(self.pattern, value, re.ASCII) else f"does not match {self.pattern}"


def check_for(wanted: Any) -> Check:
    """:param wanted: a type
    :returns: what tells whether a value is of it
    """
    origin, arguments = get_origin(wanted), get_args(wanted)
    if wanted is object or wanted is Any:
        return lambda value: None
    if wanted is None or wanted is type(None):
        return lambda value: None if value is None else "must be null"
    if wanted in (bool, int, float, str):
        return _plain(wanted)
    if origin is Literal:
        known = frozenset(arguments)
        return lambda value: None if isinstance(value, str) and value in known else f"is none of {', '.join(map(str, arguments))}"
    if origin in (Union, types.UnionType):
        return _any_of([check_for(argument) for argument in arguments])
    if origin is Annotated:
        return _bounded(check_for(arguments[0]), [bound.problem for bound in arguments[1:]])
    if origin is list:
        return _items(check_for(arguments[0]))
    if origin is dict:
        return _values(check_for(arguments[0]), check_for(arguments[1]))
    if is_typeddict(wanted):
        return _fields(wanted)
    raise TypeError(f"no check for {wanted}")


def _plain(wanted: type) -> Check:
    kinds = (int, float) if wanted is float else (wanted,)
    # A bool is an int only to Python.
    return lambda value: None if type(value) in kinds else f"must be {wanted.__name__}"


def _any_of(checks: list[Check]) -> Check:
    def check(value: Any) -> str | None:
        problem = None
        for each in checks:
            problem = each(value)
            if problem is None:
                return None
        return problem

    return check


def _bounded(inner: Check, bounds: list[Check]) -> Check:
    def check(value: Any) -> str | None:
        problem = inner(value)
        return problem if problem is not None else next((said for bound in bounds if (said := bound(value)) is not None), None)

    return check


def _items(inner: Check) -> Check:
    def check(value: Any) -> str | None:
        if type(value) is not list:
            return "must be a list"
        return next((f"{index}: {said}" for index, item in enumerate(value) if (said := inner(item)) is not None), None)

    return check


def _values(key: Check, inner: Check) -> Check:
    def check(value: Any) -> str | None:
        if type(value) is not dict:
            return "must be an object"
        problems = (f"{name}: {said}" for name, item in value.items() if (said := key(name) or inner(item)) is not None)
        return next(problems, None)

    return check


def _fields(wanted: Any) -> Check:
    checks = {name: check_for(hint) for name, hint in get_type_hints(wanted, include_extras=True).items()}
    required = wanted.__required_keys__

    def check(value: Any) -> str | None:
        if type(value) is not dict:
            return "must be an object"
        for name, inner in checks.items():
            if name not in value:
                if name in required:
                    return f"{name}: is missing"
            elif (said := inner(value[name])) is not None:
                return f"{name}: {said}"
        return None

    return check
