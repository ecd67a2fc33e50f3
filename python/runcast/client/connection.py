"""A viewer's connection to one run: the wiring around the pure machine in `link.py`."""

import asyncio
import json
import random
import time
import uuid
from collections.abc import AsyncIterator, Coroutine, Iterable
from types import TracebackType
from typing import Any

from runcast.client.address import socket_address
from runcast.client.callbacks import Callbacks
from runcast.client.command_answers import CommandAnswer, CommandAnswers, Refused
from runcast.client.commands import command_request, problem_of
from runcast.client.delivery import NOTHING_DELIVERED, since_position
from runcast.client.events import CommandName
from runcast.client.frame import read_frame
from runcast.client.inbox import Inbox
from runcast.client.link import advance, start_link
from runcast.client.link_types import (
    Abandon,
    Ack,
    Check,
    Close,
    Deliver,
    Effect,
    Greet,
    Heard,
    Held,
    Input,
    Instant,
    Judged,
    Open,
    Opening,
    PassOn,
    Phase,
    Probe,
    Reader,
    Refresh,
    Renew,
    SocketClosed,
    Tick,
    Token,
)
from runcast.client.link_types import Live as LivePhase
from runcast.client.link_view import due_at, link_state
from runcast.client.messages import Answer, Role
from runcast.client.options import Options
from runcast.client.position import Position
from runcast.client.position_keeper import PositionKeeper, PositionStore
from runcast.client.received import Received, Welcomed, received_event
from runcast.client.socket import Asked, Socket, open_socket
from runcast.client.state import Closed, LinkState, Live
from runcast.client.subscription import Subscription
from runcast.client.token_offer import TokenOffer


class Connection:
    """Made by `connect`. It reconnects by itself, resumes where it was, and hands each event on once and in order. Read it by callbacks, by
    `async for`, or both."""

    def __init__(
        self,
        options: Options,
        callbacks: Callbacks,
        events: Iterable[str] | None,
        since: Position | str | None,
        remember: PositionStore | None,
    ):
        socket_address(options.url, "/")  # an address that is none is the caller's mistake, told at once
        self._loop = asyncio.get_running_loop()
        self._options = options
        self._callbacks = callbacks
        self._subscription = Subscription(events)
        self._keeper = PositionKeeper(remember, lambda: self.position, self._loop.call_later)
        self._commands = CommandAnswers()
        self._tasks: set[asyncio.Task[None]] = set()
        self._working: asyncio.Task[None] | None = None
        self._socket: Socket | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._inbox: Inbox | None = None
        self._told: LinkState | None = None
        self._told_apart = asyncio.Event()
        self._token: str | None = None
        self._offer = TokenOffer()
        self._will_align = False
        self._role: Role | None = None
        start = Position.parse(since) if isinstance(since, str) else since or self._keeper.load()
        self._link, effects = start_link(_now(), options.replay != 0, start or NOTHING_DELIVERED)
        # Callbacks come after `connect` has returned, so that they may use the connection.
        self._loop.call_soon(self._run, effects)

    @property
    def state(self) -> LinkState:
        return link_state(self._link, _now())

    @property
    def position(self) -> Position | None:
        """Where this viewer is: what `since` takes. Of an iterator that has not read everything: behind the last that it has read. None
        until something arrived."""
        if self._inbox is not None and not self._inbox.is_empty:
            return self._inbox.at
        return since_position(self._link.delivery)

    @property
    def role(self) -> Role | None:
        """The role that the relay last granted; None before the first welcome."""
        return self._role

    def subscribe(self, *events: str) -> None:
        """Adds event types, now and after every reconnect; nothing is replayed. `"*"` is every type."""
        self._subscription.add(events)
        self._align_soon()

    def unsubscribe(self, *events: str) -> None:
        self._subscription.remove(events)
        self._align_soon()

    async def command(
        self,
        command: CommandName,
        *,
        id: str | None = None,
        save: bool | None = None,
        prompt: str | None = None,
        negative_prompt: str | None = None,
        width: int | None = None,
        height: int | None = None,
        seed: int | None = None,
        steps: int | None = None,
        cfg: float | None = None,
    ) -> CommandAnswer:
        """Sends a command. Without a live link it fails at once (`offline`): a stop must not go off later, when nobody expects it any more.

        :param id: 1 to 64 of `A-Za-z0-9._-`; a command with the same id runs once, however often it is sent. None: a new one
        :param save: of `stop`: save the model before the end
        :param prompt: of `sample`, like all that follow: a sample of one's own instead of the default ones
        :param width: like `height` in pixels
        :param seed: -1 is any
        :returns: the room's first answer; what becomes of the command comes as `command_status` events
        """
        request = command_request(
            id or uuid.uuid4().hex,
            command,
            save=save,
            prompt=prompt,
            negative_prompt=negative_prompt,
            width=width,
            height=height,
            seed=seed,
            steps=steps,
            cfg=cfg,
        )
        # The room would say so too, but could not say of which command.
        problem = problem_of(request)
        if problem is not None:
            return Refused(request["id"], "invalid_message", problem)
        if not self._send_live({"type": "command", **request}):
            return Refused(request["id"], "offline", "there is no connection to the relay")
        return await self._commands.wait(request["id"])

    async def live(self) -> Live | Closed:
        """Waits until the link is live, or closed for good."""
        while not isinstance(state := self.state, (Live, Closed)):
            await self._changed()
        return state

    def check(self) -> None:
        """Looks at once whether the link still works, and tries at once where it is waiting: for a machine that was woken."""
        self._input(Check())

    def close(self) -> None:
        """Ends the connection. `async with` does it, and waits for its end."""
        self._input(Close())

    async def closed(self) -> Closed:
        """Waits until the connection is closed for good, by `close` or by a refusal, and has said goodbye."""
        while not isinstance(state := self.state, Closed):
            await self._changed()
        while self._tasks:
            await asyncio.wait(set(self._tasks))
        return state

    async def __aenter__(self) -> "Connection":
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
        await self.closed()

    def __aiter__(self) -> AsyncIterator[Received]:
        """Everything from now on, in order, until the connection is closed for good. One reader. What a loop that was left has not read
        waits for the next loop; `aclose()` of the iterator throws it away."""
        if self._inbox is None:
            self._inbox = Inbox(since_position(self._link.delivery), lambda is_behind: self._input(Reader(is_behind)), self._leave_inbox)
            if isinstance(self.state, Closed):
                self._inbox.end()
        return self._inbox

    def _leave_inbox(self) -> None:
        self._inbox = None

    def _input(self, given: Input) -> None:
        self._link, effects = advance(self._link, given, Instant(_now(), random.random()))
        self._run(effects)

    def _run(self, effects: list[Effect]) -> None:
        for effect in effects:
            self._perform(effect)
        self._schedule()
        self._tell_state()

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Open(since) if isinstance(self._link.phase, Opening):
                self._abandon()
                self._working = self._start(self._open(since, self._link.phase))
            case Open():
                pass  # closed before it began
            case Abandon():
                self._abandon()
            case Renew():
                self._working = self._start(self._renew(self._link.phase))
            case Refresh():
                self._start(self._refresh())
            case Ack(through):
                if self._link.is_behind:
                    self._input(Held(through))
                else:
                    self._send_live({"type": "ack", "through": through})
            case Probe(text):
                if self._socket is not None:
                    self._socket.send(text)
            case Greet(welcome):
                self._role = welcome["role"]
                # Subscriptions that changed between asking for the socket and its welcome.
                self._align()
                self._hand(Welcomed(welcome), 0, since_position(self._link.delivery))
            case Deliver(events, size):
                log_id = self._link.delivery.log_id
                for event in events:
                    if isinstance(self.state, Closed):
                        return
                    at = None if log_id is None else Position(log_id, event["offset"])
                    self._hand(received_event(event), size / len(events), at)
                self._keeper.moved()
            case PassOn(message):
                self._pass_on(message)

    async def _open(self, since: Position | None, wanted: Phase) -> None:
        token, is_known = await self._options.read_token()
        # Closed, or overtaken by another try, while the token was being fetched.
        if self._link.phase is not wanted:
            return
        if not is_known:
            self._input(Token("unavailable"))
            return
        self._token = token
        asked = Asked(token, self._subscription.ask(), since)
        opened = await open_socket(self._options, asked, self._heard, self._socket_closed)
        self._working = None
        if not isinstance(opened, Socket):
            self._input(Judged(opened))
        else:
            self._socket = opened

    def _heard(self, frame: str | bytes) -> None:
        message = read_frame(frame)
        if message != "unknown":
            self._input(Heard(message, len(frame)))

    def _socket_closed(self, code: int, reason: str) -> None:
        self._socket = None
        self._offer.lost()
        self._commands.lost()
        self._input(SocketClosed(code, reason))

    def _abandon(self) -> None:
        self._commands.lost()
        self._offer.lost()
        socket, self._socket = self._socket, None
        if socket is not None:
            self._start(socket.abandon())
        working, self._working = self._working, None
        if working is not None and working is not asyncio.current_task():
            working.cancel()

    async def _renew(self, wanted: Phase) -> None:
        before = self._token
        token, is_known = await self._options.read_token()
        if self._link.phase is not wanted:
            return
        if not is_known:
            self._input(Token("unavailable"))
        else:
            self._input(Token("fresh" if token is not None and token != before else "same"))

    async def _refresh(self) -> None:
        """AC4: offers the room a newer token, where there is one. Refused, the link goes on with the one that it has."""
        socket = self._socket
        if not callable(self._options.token) or self._offer.is_open:
            return
        token, _ = await self._options.read_token()
        if token is None or token == self._token or self._offer.has_refused(token) or self._socket is not socket:
            return
        if self._send_live({"type": "refresh", "token": token}):
            self._offer.sent(token)

    def _hand(self, received: Received, size: float, at: Position | None) -> None:
        if self._inbox is not None:
            self._inbox.push(received, size, at)
        self._callbacks.received(received)

    def _pass_on(self, message: Answer) -> None:
        if message["type"] == "command_ack":
            self._commands.acknowledged(message["id"], message["state"])
        elif message["type"] == "refreshed":
            self._token = self._offer.accepted() or self._token
        elif message["type"] == "error" and self._offer.is_open and "id" not in message:
            # An error about a command says of which.
            self._offer.refused(message["code"])
        elif message["type"] == "error":
            about = message.get("id")
            self._commands.refused(about if isinstance(about, str) else None, message["code"], message["message"])
        self._callbacks.answer(message)

    def _align_soon(self) -> None:
        """Changes of one moment go out together: a program that subscribes in a loop must not meet the room's limit of messages."""
        if not self._will_align:
            self._will_align = True
            self._loop.call_soon(self._align)

    def _align(self) -> None:
        self._will_align = False
        if isinstance(self._link.phase, LivePhase):
            for message in self._subscription.messages():
                self._send_live(message)

    def _send_live(self, message: dict[str, Any]) -> bool:
        if not isinstance(self._link.phase, LivePhase) or self._socket is None:
            return False
        self._socket.send(json.dumps(message))
        return True

    def _schedule(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        due = due_at(self._link, _now())
        self._timer = None if due is None else self._loop.call_later(max(0, due - _now()) / 1000, self._input, Tick())

    def _tell_state(self) -> None:
        state = self.state
        if state == self._told:
            return
        self._told = state
        self._told_apart.set()
        if isinstance(state, Closed):
            self._keeper.save()
            if self._inbox is not None:
                self._inbox.end()
        self._callbacks.state(state)

    async def _changed(self) -> None:
        self._told_apart.clear()
        await self._told_apart.wait()

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _now() -> int:
    """:returns: milliseconds since 1970"""
    return time.time_ns() // 1_000_000
