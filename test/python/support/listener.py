"""An agent for tests: a real TCP listener that speaks the agent's side of the hook's protocol."""

import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

DEADLINE_SECONDS = 30.0
"""How long a test waits for what must come; only a failing test waits this long."""


def until(condition: Callable[[], Any], what: str = "the condition") -> Any:
    """:returns: the first true value of `condition`
    :raises AssertionError: it never became true
    """
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.005)
    raise AssertionError(f"waited {DEADLINE_SECONDS:.0f} s in vain for {what}")


class Listener:
    """Writes the hook file, answers `hello`, acknowledges messages and keeps them.

    :param spool: what an earlier listener kept, to stand for an agent that comes back
    :param is_acknowledging: False: takes messages in and never says so
    :param is_reading: False: answers `hello` and reads nothing more, as an agent that hangs
    :param is_keeping: False: forgets what it read, but for each session's last message
    """

    def __init__(
        self,
        hook_file: Path,
        spool: dict[str, list[dict]] | None = None,
        *,
        is_acknowledging: bool = True,
        is_reading: bool = True,
        is_keeping: bool = True,
    ):
        self.spool = spool if spool is not None else {}
        self.hellos: list[dict] = []
        self.resent = 0
        self.is_acknowledging = is_acknowledging
        self._is_keeping = is_keeping
        self._may_read = threading.Event()
        if is_reading:
            self._may_read.set()
        self.refuse: Callable[[dict], bool] = lambda message: False
        self.token = secrets.token_hex(16)
        self._connections: list[socket.socket] = []
        self._closed = 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        partial = hook_file.with_suffix(".partial")
        partial.write_text(json.dumps({"protocol": 1, "host": "127.0.0.1", "port": self.port, "token": self.token}))
        os.replace(partial, hook_file)
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def messages(self) -> list[dict]:
        """Messages of all sessions."""
        return [message for messages in list(self.spool.values()) for message in list(messages)]

    def of(self, kind: str) -> list[dict]:
        return [message for message in self.messages if message["type"] == kind]

    def wait_for(self, kind: str, count: int = 1) -> list[dict]:
        return until(lambda: len(self.of(kind)) >= count and self.of(kind), f"{count} × {kind}")

    def wait_until_disconnected(self) -> None:
        until(lambda: self._connections and self._closed == len(self._connections), "the hook to disconnect")

    def command(self, **fields: Any) -> None:
        """Sends a command to every connection that is open."""
        self._send({"type": "command", **fields})

    def read(self) -> None:
        """Ends the hang of `is_reading=False`."""
        self._may_read.set()

    def die(self) -> None:
        """What `kill -9` does to an agent's sockets."""
        self._may_read.set()
        # Closing alone would not wake a thread that waits in accept() or recv().
        for each in (self._server, *self._connections):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            each.close()

    def _send(self, message: dict) -> None:
        for connection in self._connections:
            try:
                connection.sendall(json.dumps(message).encode() + b"\n")
            except OSError:
                continue  # that one is gone

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            self._connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection.makefile("rb") as lines:
                self._answer(connection, lines)
        except OSError:
            pass
        finally:
            self._closed += 1

    def _answer(self, connection: socket.socket, lines: Any) -> None:
        hello = json.loads(next(lines))
        assert hello["token"] == self.token
        self.hellos.append(hello)
        kept = self.spool.setdefault(hello["session"], [])
        reply(connection, {"type": "ready", "last_n": kept[-1]["n"] if kept else 0})
        self._may_read.wait()
        for line in lines:
            message = json.loads(line)
            if self.refuse(message):
                reply(connection, {"type": "error", "code": "invalid_message", "message": "refused by a test"})
                connection.close()
                return
            if kept and message["n"] <= kept[-1]["n"]:
                self.resent += 1
            else:
                kept.append(message)
            if not self._is_keeping:
                del kept[:-1]
            if self.is_acknowledging:
                reply(connection, {"type": "ack", "n": message["n"]})


def reply(connection: socket.socket, message: dict) -> None:
    connection.sendall(json.dumps(message).encode() + b"\n")
