"""Puts our observation behind a function of the trainer. Results, exceptions and signatures stay the trainer's."""

import contextlib
import functools
from collections.abc import Callable
from typing import Any

from runcast.hook.recording import complain

_MARK = "__runcast_wrapped__"


def observe_after(owner: type, name: str, observe: Callable[..., None]) -> None:
    """Calls `observe` with the same arguments whenever `owner.name` has returned; an exception of `observe` goes no further.

    :param owner: the class that is changed in place
    """

    def with_observation(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            result = original(*args, **kwargs)
            quietly(name, observe, *args, **kwargs)
            return result

        return call

    replace(owner, name, with_observation)


def quietly(place: str, observe: Callable[..., None], *args: Any, **kwargs: Any) -> None:
    """Calls `observe`; an exception goes no further than to the agent, as a complaint about `place`."""
    try:
        observe(*args, **kwargs)
    except Exception as problem:
        with contextlib.suppress(Exception):
            complain(place, problem)


def replace(owner: type, name: str, wrap: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    """Replaces `owner.name` by `wrap(original)`, once. What `owner` does not define itself is left alone."""
    found = vars(owner).get(name)
    original = found.__func__ if isinstance(found, staticmethod) else found
    if original is None or hasattr(original, _MARK):
        return
    wrapped = functools.wraps(original)(wrap(original))
    setattr(wrapped, _MARK, True)
    setattr(owner, name, staticmethod(wrapped) if isinstance(found, staticmethod) else wrapped)
