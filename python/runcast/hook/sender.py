"""The thread that takes records out of the queue and brings them to the agent.

It polls: waking it for each record would cost the training thread a system call and the interpreter's lock.
"""

import random
import sys
import threading
import time
from os import getpid, urandom
from typing import Any

from runcast.hook import recording
from runcast.hook.commands import Commands
from runcast.hook.connection import Connection
from runcast.hook.endpoint import read_endpoint
from runcast.hook.messages import encode, message, message_type, messages
from runcast.hook.outbox import Outbox
from runcast.hook.pausing import gate
from runcast.version import VERSION

ACTIVE_SECONDS = 0.05
"""Between two looks at the queue while something happens: the most that a message is held up here. A look costs 0.1 ms of CPU."""
QUIET_SECONDS = 0.1
QUIET_AFTER_SECONDS = 2.0
RECORDS_AT_ONCE = 1_000
RETRY_FIRST_SECONDS = 0.05
RETRY_MOST_SECONDS = 1.0

_WEIGHT = {"scalars": lambda body: len(body["rows"])}


class Sender:
    """Has a thread rather than being one: `threading.Thread` uses attributes of its own, other ones in each version of Python."""

    def __init__(self, hook_file: str):
        self._thread = threading.Thread(target=self._run, name="runcast", daemon=True)
        self._hook_file = hook_file
        self._session = urandom(16).hex()
        self._outbox = Outbox()
        self._commands = Commands(lambda item: recording.record("onetrainer", item), self._answer)
        self._connection: Connection | None = None
        self._has_mail = False
        self._is_ready = False
        self._is_refused = False
        self._failures = 0
        self._retry_at = 0.0
        self._made_last_try = False
        self._busy_at = 0.0
        self._lost = recording.losses()
        self._closing = threading.Event()

    def start(self) -> None:
        self._thread.start()

    def _run(self) -> None:
        while not self._is_done():
            has_more = False
            try:
                has_more = self._take_records()
                self._exchange()
            except Exception:  # OSError: the agent is gone; anything else is a defect of ours, which must not silence the rest
                self._disconnect()
                self._failures += 1
                # Full jitter: the runs of a machine do not come back in step.
                most = min(RETRY_MOST_SECONDS, RETRY_FIRST_SECONDS * 2 ** min(self._failures, 10))
                self._retry_at = time.monotonic() + random.uniform(0, most)
            self._has_mail = self._wait(0.0 if has_more else self._interval())
        self._disconnect()

    def close(self, seconds: float) -> None:
        """Ends the thread once the agent has everything; at once where no agent answers; after `seconds` at the latest."""
        self._closing.set()
        self._thread.join(seconds)

    def flush(self, seconds: float) -> None:
        """Returns once the agent has what was recorded before; at once where none is connected; after `seconds` at the latest."""
        deadline = time.monotonic() + seconds
        while (recording.has_records() or (self._connection and len(self._outbox))) and time.monotonic() < deadline:
            self._closing.wait(ACTIVE_SECONDS)

    def abandon(self) -> None:
        """In a forked child: lets go of the parent's socket without a word."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _is_done(self) -> bool:
        if not self._closing.is_set() or recording.has_records():
            return False
        if self._connection is None:
            return self._made_last_try
        return self._is_ready and len(self._outbox) == 0

    def _take_records(self) -> bool:
        """:returns: whether more wait than are taken at once"""
        records = recording.drain(RECORDS_AT_ONCE)
        if records:
            self._busy_at = time.monotonic()
        for body in messages(self._commands.observe(records)):
            self._add(body)
        lost = recording.losses()
        for kind, count in (lost - self._lost).items():
            self._outbox.dropped[message_type(kind)] += count
        self._lost = lost
        return len(records) == RECORDS_AT_ONCE

    def _add(self, body: dict[str, Any]) -> None:
        kind = body["type"]
        self._outbox.add(kind, encode(body), _WEIGHT[kind](body) if kind in _WEIGHT else 1)

    def _answer(self, id: str, state: str, global_step: int | None, error: str | None) -> None:
        self._add(message(("command_update", time.time(), id, state, global_step, error)))

    def _exchange(self) -> None:
        """:raises OSError: there is no agent, or no longer"""
        if self._connection is None:
            self._connect()
        if self._connection is not None:
            for incoming in self._connection.read() if self._has_mail else ():
                self._handle(incoming)
            self._send(self._connection)

    def _connect(self) -> None:
        if self._closing.is_set():
            self._made_last_try = True  # an agent that has just come back is not missed for a retry that would be later
        elif time.monotonic() < self._retry_at:
            return
        endpoint = read_endpoint(self._hook_file)
        if endpoint is None:
            raise ConnectionError("no agent")
        self._connection = Connection(endpoint)
        hello = {
            "type": "hello",
            "protocol": 1,
            "token": endpoint.token,
            "session": self._session,
            "pid": getpid(),
            "version": VERSION,
            "python": sys.version.split()[0],
        }
        self._connection.write(b"{" + encode(hello) + b"\n")

    def _handle(self, incoming: dict[str, Any]) -> None:
        kind = incoming.get("type")
        if kind == "ready":
            self._is_ready = True
            gate.agent_came()
            self._outbox.acknowledge(_number_in(incoming, "last_n"))
            self._replace_refused()
            self._outbox.send_again()
        elif kind == "ack":
            self._failures = 0
            self._outbox.acknowledge(_number_in(incoming, "n"))
        elif kind == "command":
            self._take_records()  # what was recorded until now is no answer
            self._commands.receive(incoming)
        elif kind == "error":
            self._is_refused = incoming.get("code") != "unauthorized"

    def _send(self, connection: Connection) -> None:
        if self._is_ready and self._outbox.dropped:
            self._add(message(("dropped", time.time(), self._outbox.take_dropped())))
        while self._is_ready and not connection.is_backed_up:
            line = self._outbox.next_line()
            if line is None:
                break
            connection.write(line)
        connection.send()

    def _replace_refused(self) -> None:
        """After the agent closed over a message: it is the first that the agent does not have, and would be refused for ever."""
        if self._is_refused:
            self._is_refused = False
            text = "runcast: the agent refused a message of this training"
            self._outbox.replace_first(encode(message(("log", time.time(), "warning", text))))

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None
        self._is_ready = False
        gate.agent_went()

    def _interval(self) -> float:
        is_quiet = time.monotonic() - self._busy_at > QUIET_AFTER_SECONDS and not self._closing.is_set()
        return QUIET_SECONDS if is_quiet else ACTIVE_SECONDS

    def _wait(self, seconds: float) -> bool:
        """:returns: whether the agent may have sent something"""
        if self._connection is None:
            self._closing.wait(seconds)  # set: returns at once, for the last try
            return False
        return self._connection.wait(seconds)


def _number_in(incoming: dict[str, Any], field: str) -> int:
    """:raises ConnectionError: this is no agent of ours"""
    value = incoming.get(field)
    if not isinstance(value, int):
        raise ConnectionError(f"the agent's {incoming.get('type')} has no {field}")
    return value
