"""One WebSocket to a room: the only place that knows the package `websockets`."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.frames import Frame, Opcode
from websockets.protocol import Event
from websockets.typing import Subprotocol

from runcast.client.address import run_path, socket_address
from runcast.client.link_types import Retry, Stop, Verdict
from runcast.client.messages import BATCHED_SUBPROTOCOL
from runcast.client.options import Options
from runcast.client.position import Position
from runcast.client.state import Reason
from runcast.client.verdict import refused

_TOKEN_TEXT = re.compile(r"[A-Za-z0-9._~+/=-]+", re.ASCII)
"""Anything else is no token, and might be a second header."""
_FRAME_MAX = 4 * 1024 * 1024
"""An event may have 1 MiB, and a welcome holds the newest of each type."""
_CLOSING_SECONDS = 2.0
"""For the other end to say goodbye, too."""
_CUT = 1006


@dataclass(frozen=True)
class Asked:
    """What a socket is opened with. `token`: None: without credentials."""

    token: str | None
    events: list[str]
    since: Position | None


class _Once(connect):
    """A relay does not redirect, and a token must not follow a redirect to somebody else."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class _Prompt(ClientConnection):
    """A peer may say goodbye and then leave the line open (workerd does, when it closes first): its goodbye is the end."""

    def process_event(self, event: Event) -> None:
        super().process_event(event)
        if isinstance(event, Frame) and event.opcode is Opcode.CLOSE:
            self.transport.close()  # the answer to it is sent before


async def open_socket(
    options: Options, asked: Asked, on_frame: Callable[[str | bytes], None], on_close: Callable[[int, str], None]
) -> "Socket | Verdict":
    """:returns: an open socket, or whether another try makes sense"""
    if asked.token is not None and not _TOKEN_TEXT.fullmatch(asked.token):
        return Stop(Reason("unauthorized", "this is not a token"))
    query = {"events": ",".join(asked.events)}
    if asked.since is not None:
        query["since"] = str(asked.since)
    if options.replay is not None:
        query["replay"] = str(options.replay)
    more: dict[str, Any] = {} if options.tls is None else {"ssl": options.tls}
    try:
        connection = await _Once(
            socket_address(options.url, run_path(options.run), query),
            subprotocols=[Subprotocol(BATCHED_SUBPROTOCOL)],
            additional_headers=None if asked.token is None else {"Authorization": f"Bearer {asked.token}"},
            # The link's own machine watches over time, and asks the room with a text that does not wake it (VW7).
            open_timeout=None,
            ping_interval=None,
            close_timeout=_CLOSING_SECONDS,
            max_size=_FRAME_MAX,
            create_connection=_Prompt,
            **more,
        )
    except (OSError, EOFError, WebSocketException) as error:
        return refused(error)
    if connection.subprotocol == BATCHED_SUBPROTOCOL:
        return Socket(connection, on_frame, on_close)
    await connection.close()
    return Retry(Reason("protocol_error", "what answers at this address is no relay of runcast"))


class Socket:
    """An open connection, to be used from its event loop.

    :param on_frame: called for each frame, in order
    :param on_close: called once, with a close code and what was said, unless `abandon` was called before
    """

    def __init__(self, connection: ClientConnection, on_frame: Callable[[str | bytes], None], on_close: Callable[[int, str], None]):
        self._connection = connection
        self._on_frame = on_frame
        self._on_close = on_close
        self._outgoing: asyncio.Queue[str] = asyncio.Queue()
        self._reading = asyncio.create_task(self._read())
        self._writing = asyncio.create_task(self._write())

    def send(self, text: str) -> None:
        self._outgoing.put_nowait(text)

    async def abandon(self) -> None:
        """Says goodbye, and waits a moment for the answer."""
        self._on_frame = lambda frame: None
        self._on_close = lambda code, reason: None
        self._writing.cancel()
        await self._connection.close()
        await asyncio.gather(self._reading, self._writing, return_exceptions=True)

    async def _read(self) -> None:
        try:
            while True:
                self._on_frame(await self._connection.recv())
        except ConnectionClosed:
            self._writing.cancel()
            self._on_close(self._connection.close_code or _CUT, self._connection.close_reason or "")

    async def _write(self) -> None:
        try:
            while True:
                await self._connection.send(await self._outgoing.get())
        except ConnectionClosed:
            pass  # told by _read
