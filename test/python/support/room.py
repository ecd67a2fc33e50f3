"""A real WebSocket server on loopback whose rooms say what the test tells them to."""

import asyncio
import json
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

SUBPROTOCOL = "runcast.v1.json"


class RoomSocket:
    """One connection as the room's end sees it."""

    def __init__(self, connection: ServerConnection):
        self._connection = connection
        parts = urlsplit(connection.request.path)
        self.path = parts.path
        self.query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        self.headers = connection.request.headers

    async def send(self, *messages: dict[str, Any] | str) -> None:
        for message in messages:
            await self._connection.send(message if isinstance(message, str) else json.dumps(message))

    async def next(self) -> dict[str, Any]:
        """:returns: the next message of the client; waits for it"""
        return json.loads(await self._connection.recv())

    async def close(self, code: int) -> None:
        await self._connection.close(code)

    def say_goodbye(self, code: int) -> None:
        """And leave the line open, as workerd does."""
        self._connection.transport.pause_reading()
        self._connection.transport.write(bytes((0x88, 2)) + code.to_bytes(2, "big"))

    def cut(self) -> None:
        """Without a word, as a dead network cuts."""
        self._connection.transport.abort()


class ScriptedRoom:
    """`async with`.

    :param subprotocol: what the server echoes; None: nothing
    """

    def __init__(self, subprotocol: str | None = SUBPROTOCOL):
        self.refusal: tuple[int, Any, dict[str, str]] | None = None
        """While set, upgrades are refused with this status, body and headers."""
        self.refused = 0
        self._subprotocol = subprotocol
        self._waiting: asyncio.Queue[RoomSocket] = asyncio.Queue()
        self._server: Server

    async def __aenter__(self) -> "ScriptedRoom":
        known = None if self._subprotocol is None else [self._subprotocol]
        self._server = await serve(self._serve, "127.0.0.1", 0, process_request=self._judge, subprotocols=known, ping_interval=None)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def connection(self) -> RoomSocket:
        """:returns: the next connection; waits for it"""
        return await self._waiting.get()

    async def _serve(self, connection: ServerConnection) -> None:
        await self._waiting.put(RoomSocket(connection))
        try:
            await connection.wait_closed()
        except ConnectionClosed:
            pass

    def _judge(self, connection: ServerConnection, request: Request) -> Response | None:
        if self.refusal is None:
            return None
        self.refused += 1
        status, body, headers = self.refusal
        response = connection.respond(HTTPStatus(status), json.dumps(body))
        response.headers.update(headers)
        return response


def welcome(**different: Any) -> dict[str, Any]:
    """A welcome as a room sends it."""
    nothing = dict.fromkeys(
        ("training_progress", "training_status", "sample_progress", "system_stats", "validation_result", "run_info", "agent_status")
    )
    health = {
        "agent": {"connected": True, "since": None, "last_heard": None},
        "trainer": {"status": None, "phase": None, "error": None},
    }
    ack_every_bytes = different.pop("ack_every_bytes", 131_072)
    return {
        "type": "welcome",
        "timestamp": "2026-11-23T12:00:00.000Z",
        "client_id": "c1",
        "run": "r1",
        "role": "operator",
        "log_id": "L1",
        "oldest_offset": 1,
        "last_offset": 0,
        "recovered": False,
        "snapshot": {**nothing, "samples": [], "commands": [], "health": health, "viewers": {"count": 1, "names": ["someone"]}},
        "keepalive": {"send": '{"type":"keepalive"}', "reply": '{"type":"keepalive_ack"}', "every_ms": 30_000},
        "limits": {
            "ack_every_bytes": ack_every_bytes,
            "window_bytes": 1_048_576,
            "max_frame_bytes": 1_048_576,
            "messages_per_second": 20,
        },
        **different,
    }


def batch(offsets: list[int] | range, through: int) -> dict[str, Any]:
    """A batch of log lines with these offsets."""
    timestamp = "2026-11-23T12:00:00.000Z"
    events = [{"type": "log", "level": "info", "message": f"line {offset}", "offset": offset, "timestamp": timestamp} for offset in offsets]
    return {"type": "batch", "timestamp": timestamp, "events": events, "through": through}
