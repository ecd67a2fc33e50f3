"""What a connection is made with."""

import inspect
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from runcast.client.callbacks import report

TokenSource: TypeAlias = str | Callable[[], "str | Awaitable[str | None] | None"] | None
"""The credentials, or a function, async or not, that gives them."""


@dataclass(frozen=True)
class Options:
    """`token` and `replay` as in `connect`. `tls`: None: the system's certificates."""

    url: str
    run: str
    token: TokenSource
    replay: int | None
    tls: ssl.SSLContext | None

    async def read_token(self) -> tuple[str | None, bool]:
        """:returns: False beside it where whoever gives it failed, which says nothing about the credentials"""
        if not callable(self.token):
            return self.token, True
        try:
            given = self.token()
            return (await given if inspect.isawaitable(given) else given), True
        except Exception as error:
            report(error)
            return None, False
