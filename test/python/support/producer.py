"""A producer that says exactly what a test wants it to say, to a real relay (PR1)."""

import json
from typing import Any

from websockets.asyncio.client import ClientConnection, connect


class Producer:
    """Made by `begin`.

    :param socket: on which `hello` was answered
    """

    def __init__(self, socket: ClientConnection):
        self._socket = socket
        self._seq = 0

    @staticmethod
    async def begin(url: str, run: str, token: str, life: str = "first") -> "Producer":
        """:param life: another one where the run has had a producer before"""
        socket = await connect(f"ws{url.removeprefix('http')}/runs/{run}/agent", additional_headers={"Authorization": f"Bearer {token}"})
        agent = {"name": "test producer", "version": "1"}
        hello = {"type": "hello", "protocol": 1, "life": life, "next_seq": 1, "sent_seq": 0, "agent": agent, "run_info": None}
        await socket.send(json.dumps(hello))
        await _until(socket, "ready")
        return Producer(socket)

    async def send(self, *events: dict[str, Any]) -> None:
        """Returns when they are stored."""
        first = self._seq + 1
        self._seq += len(events)
        stamped = [{"timestamp": "2026-11-23T12:00:00.000Z", **event} for event in events]
        await self._socket.send(json.dumps({"type": "batch", "first_seq": first, "flush": True, "events": stamped}))
        while (await _until(self._socket, "ack"))["seq"] < self._seq:
            pass

    async def command(self) -> dict[str, Any]:
        """:returns: the next command that the room hands over; waits for it"""
        return await _until(self._socket, "command")

    async def close(self) -> None:
        await self._socket.close()


async def _until(socket: ClientConnection, kind: str) -> dict[str, Any]:
    while True:
        message = json.loads(await socket.recv())
        if message["type"] == kind:
            return message
