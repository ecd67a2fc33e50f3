"""Tests that are coroutines."""

import asyncio
import functools
from collections.abc import Callable, Coroutine
from typing import Any

from support.listener import DEADLINE_SECONDS


def in_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Runs a test in an event loop of its own. What goes wrong in the loop unseen fails the test."""

    @functools.wraps(test)
    def run(**fixtures: Any) -> None:
        unseen: list[dict[str, Any]] = []

        async def watched() -> None:
            asyncio.get_running_loop().set_exception_handler(lambda loop, context: unseen.append(context))
            await asyncio.wait_for(test(**fixtures), 3 * DEADLINE_SECONDS)

        asyncio.run(watched())
        assert unseen == []

    return run


async def eventually(condition: Callable[[], Any], what: str) -> Any:
    """:returns: the first true value of `condition`
    :raises AssertionError: it never became true
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + DEADLINE_SECONDS
    while loop.time() < deadline:
        value = condition()
        if value:
            return value
        await asyncio.sleep(0.005)
    raise AssertionError(f"waited {DEADLINE_SECONDS:.0f} s in vain for {what}")
