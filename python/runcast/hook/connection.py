"""One TCP connection to the agent: JSON lines both ways, never blocking once it stands."""

import json
import select
import socket
from typing import Any

from runcast.hook.endpoint import Endpoint

_CONNECT_SECONDS = 0.5
_LINE_MAX = 256 * 1024
_CHUNK = 64 * 1024


class Connection:
    """:raises OSError: from every method, when the connection is lost or the agent sends no protocol"""

    def __init__(self, endpoint: Endpoint):
        self._socket = socket.create_connection((endpoint.host, endpoint.port), _CONNECT_SECONDS)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # A trainer's process may hold more files open than select() can number; Windows has nothing else.
        self._poll = select.poll() if hasattr(select, "poll") else None
        if self._poll is not None:
            self._poll.register(self._socket)
        self._incoming = b""
        self._outgoing = bytearray()

    @property
    def is_backed_up(self) -> bool:
        """The agent does not read as fast as we write."""
        return len(self._outgoing) >= _CHUNK

    def write(self, line: bytes) -> None:
        """Adds a line to what is sent by `send`."""
        self._outgoing += line

    def send(self) -> None:
        """Sends as much as the system takes at once."""
        while self._outgoing:
            try:
                sent = self._socket.send(self._outgoing)
            except BlockingIOError:
                return
            del self._outgoing[:sent]

    def read(self) -> list[dict[str, Any]]:
        """:returns: the messages that have come"""
        while True:
            try:
                data = self._socket.recv(_CHUNK)
            except BlockingIOError:
                break
            if not data:
                raise ConnectionError("the agent closed the connection")
            self._incoming += data
            if len(data) < _CHUNK:
                break
        *lines, self._incoming = self._incoming.split(b"\n")
        if len(self._incoming) > _LINE_MAX:
            raise ConnectionError("the agent sent a line that is too long")
        return [self._parse(line) for line in lines if line]

    def wait(self, seconds: float) -> bool:
        """Returns when something has come, when there is room to send what waits, or after `seconds`.

        :returns: whether there may be something to read
        """
        if self._poll is None:
            readable, _, _ = select.select([self._socket], [self._socket] if self._outgoing else [], [], seconds)
            return bool(readable)
        self._poll.modify(self._socket, select.POLLIN | (select.POLLOUT if self._outgoing else 0))
        return any(event & ~select.POLLOUT for _, event in self._poll.poll(seconds * 1000))

    def close(self) -> None:
        self._socket.close()

    @staticmethod
    def _parse(line: bytes) -> dict[str, Any]:
        try:
            message = json.loads(line)
        except ValueError as problem:
            raise ConnectionError("the agent sent no JSON") from problem
        return message if isinstance(message, dict) else {}
