"""The Python client and a room that says what the test tells it to."""

import asyncio
import contextlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from runcast.client import (
    Accepted,
    Closed,
    Connection,
    Event,
    LinkState,
    Live,
    Other,
    Position,
    PositionFile,
    Received,
    Recovering,
    Refused,
    Welcomed,
    connect,
)
from support.aio import eventually, in_loop
from support.child import REPOSITORY
from support.room import RoomSocket, ScriptedRoom, batch, welcome


class Told:
    """A client of the room, and everything that it was told."""

    def __init__(self, room: ScriptedRoom, **options: Any):
        self.events: list[Any] = []
        self.others: list[Any] = []
        self.states: list[LinkState] = []
        self.welcomes: list[Any] = []
        options = {"token": "a.b.c", "on_event": self.events.append, **options}
        self.connection = connect(
            room.url, "r1", on_other=self.others.append, on_state=self.states.append, on_welcome=self.welcomes.append, **options
        )

    @property
    def offsets(self) -> list[int]:
        return [event["offset"] for event in self.events]

    async def greet(self, socket: RoomSocket, **different: Any) -> None:
        before = len(self.welcomes)
        await socket.send(welcome(**different))
        await eventually(lambda: len(self.welcomes) > before, "the welcome")


@in_loop
async def test_VW2_AC2_it_asks_for_batched_mode_with_the_token_in_a_header_and_never_in_the_address() -> None:
    async with ScriptedRoom() as room:
        told = Told(room, events=["log", "metrics"], replay=20)
        async with told.connection:
            socket = await room.connection()
            assert socket.path == "/runs/r1/ws" and socket.query == {"events": "log,metrics", "replay": "20"}
            assert socket.headers["Authorization"] == "Bearer a.b.c"
            assert socket.headers["Sec-WebSocket-Protocol"] == "runcast.v1.json"


@in_loop
async def test_VW3_after_a_cut_it_comes_back_by_itself_with_its_position_and_hands_nothing_on_twice() -> None:
    async with ScriptedRoom() as room:
        told = Told(room)
        async with told.connection:
            first = await room.connection()
            await told.greet(first, last_offset=2)
            await first.send(batch([1, 2], 2), batch([], 5))
            await eventually(lambda: told.connection.position == Position("L1", 5), "the position")
            first.cut()
            second = await room.connection()
            assert second.query["since"] == "L1:5"
            await told.greet(second, last_offset=7, recovered=True)
            await second.send(batch([5, 6], 6), batch([6, 7], 7))
            await eventually(lambda: told.connection.position == Position("L1", 7), "the position")
        assert told.offsets == [1, 2, 6, 7]
        assert [type(state).__name__ for state in told.states] == ["Connecting", "Live", "Recovering", "Live", "Closed"]


@in_loop
async def test_VW6_it_acknowledges_what_it_has_received_about_as_often_as_the_welcome_says() -> None:
    async with ScriptedRoom() as room:
        told = Told(room)
        async with told.connection:
            socket = await room.connection()
            await told.greet(socket, ack_every_bytes=400)
            await socket.send(*(batch([offset], offset) for offset in range(1, 7)))
            assert await socket.next() == {"type": "ack", "through": 3}
            assert await socket.next() == {"type": "ack", "through": 6}


@in_loop
async def test_VW6_an_iterator_reads_everything_in_order_and_the_room_hears_of_it_only_once_it_was_read() -> None:
    async with ScriptedRoom() as room:
        told = Told(room)
        async with told.connection:
            socket = await room.connection()
            await told.greet(socket, ack_every_bytes=1)
            reader = aiter(told.connection)
            await socket.send(batch(range(1, 10_501), 10_500))
            await eventually(lambda: len(told.events) == 10_500, "the events")
            assert told.connection.position is not None and told.connection.position.offset == 0
            told.connection.subscribe("log")
            assert await socket.next() == {"type": "subscribe", "events": ["log"]}, "and no ack before it"
            read: list[Received] = []
            while len(read) < 10_500:
                read.append(await anext(reader))
            assert [received.event["offset"] for received in read if isinstance(received, Event)] == list(range(1, 10_501))
            assert told.connection.position == Position("L1", 10_500)
            assert await socket.next() == {"type": "ack", "through": 10_500}
            told.connection.close()
            with pytest.raises(StopAsyncIteration):
                await anext(reader)


@in_loop
async def test_VW6_after_a_close_for_slowness_it_comes_back_only_when_the_reader_has_read_so_that_nothing_grows_without_bound() -> None:
    asked: list[int] = []

    def give() -> str:
        asked.append(1)
        return "a.b.c"

    async with ScriptedRoom() as room:
        told = Told(room, token=give)
        async with told.connection:
            first = await room.connection()
            await told.greet(first)
            reader = aiter(told.connection)
            big = {"type": "log", "level": "info", "message": "x" * 8000, "timestamp": ""}
            for last in range(150, 1201, 150):
                events = [{**big, "offset": offset} for offset in range(last - 149, last + 1)]
                await first.send({"type": "batch", "timestamp": "", "events": events, "through": last})
            await eventually(lambda: len(told.events) == 1200, "the events: more than 8 MiB")
            await first.close(4008)
            await eventually(lambda: isinstance(told.states[-1], Recovering), "the loss")
            told.connection.check()
            for _ in range(10):
                await asyncio.sleep(0)
            assert len(asked) == 1, "the way to a socket begins with its token"
            assert told.states[-1].reason.code == "slow"
            for _ in range(300):
                await anext(reader)
            assert (await room.connection()).query["since"] == "L1:1200"


@in_loop
async def test_VW6_a_reader_that_is_done_does_not_hold_back_the_callbacks_and_a_loop_that_was_left_goes_on_where_it_was() -> None:
    async with ScriptedRoom() as room:
        told = Told(room)
        async with told.connection:
            socket = await room.connection()
            await told.greet(socket, ack_every_bytes=1)
            reader = aiter(told.connection)
            await socket.send(batch([1, 2], 2))
            async for received in told.connection:
                assert isinstance(received, Event) and received.event["offset"] == 1
                break
            async for received in told.connection:
                assert isinstance(received, Event) and received.event["offset"] == 2
                break
            assert await socket.next() == {"type": "ack", "through": 2}
            await reader.aclose()
            await socket.send(batch(range(3, 10_504), 10_503))
            assert await socket.next() == {"type": "ack", "through": 10_503}
            assert told.offsets == list(range(1, 10_504))


@in_loop
async def test_VW8_a_goodbye_is_the_end_also_where_the_line_stays_open_after_it() -> None:
    async with ScriptedRoom() as room:
        told = Told(room)
        async with told.connection:
            first = await room.connection()
            await told.greet(first)
            first.say_goodbye(4008)
            second = await asyncio.wait_for(room.connection(), 20)  # a link that is only dead is given up after 38 s
            assert isinstance(told.states[-1], Recovering) and told.states[-1].reason.code == "slow"
            first.cut()
            await told.greet(second)


@in_loop
async def test_VW8_a_refused_upgrade_says_why_and_ends_where_trying_again_is_useless() -> None:
    async with ScriptedRoom() as room:
        room.refusal = (403, {"error": {"code": "forbidden", "message": "this token is for another run"}}, {})
        told = Told(room)
        state = await told.connection.closed()
        assert state.reason.code == "forbidden" and state.reason.message == "this token is for another run"
        assert room.refused == 1
        assert [type(each).__name__ for each in told.states] == ["Connecting", "Closed"]


@in_loop
async def test_VW8_AC6_one_that_is_refused_for_a_while_waits_as_long_as_it_was_told_and_then_comes() -> None:
    async with ScriptedRoom() as room:
        room.refusal = (429, {"error": {"code": "rate_limited", "message": "too many"}}, {"Retry-After": "1"})
        told = Told(room)
        async with told.connection:
            await eventually(lambda: room.refused == 1, "the refusal")
            refused_at = asyncio.get_running_loop().time()
            room.refusal = None
            await room.connection()
            assert asyncio.get_running_loop().time() - refused_at > 0.9


@in_loop
async def test_VW8_AC4_an_expired_token_is_asked_for_again_and_only_another_one_is_tried() -> None:
    tokens = ["old.old.old", "new.new.new", "new.new.new"]

    async def give() -> str | None:
        return tokens.pop(0) if tokens else None

    async with ScriptedRoom() as room:
        told = Told(room, token=give)
        first = await room.connection()
        await told.greet(first)
        await first.close(4101)
        second = await room.connection()
        assert second.headers["Authorization"] == "Bearer new.new.new"
        await second.close(4101)
        assert (await told.connection.closed()).reason.code == "token_expired"


@pytest.mark.parametrize("is_async", [True, False])
def test_AC2_a_token_that_cannot_be_had_just_now_is_asked_for_again_and_does_not_end_the_connection(is_async: bool) -> None:
    asked: list[int] = []
    seen: list[str] = []

    def give() -> str:
        asked.append(1)
        if len(asked) == 1:
            raise OSError("the vault is away")
        return "a.b.c"

    async def give_later() -> str:
        return give()

    async def go() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: seen.append(str(context["exception"])))
        async with ScriptedRoom() as room, Told(room, token=give_later if is_async else give).connection:
            assert (await room.connection()).headers["Authorization"] == "Bearer a.b.c"

    asyncio.run(asyncio.wait_for(go(), 60))
    assert seen == ["the vault is away"]


@in_loop
async def test_AC2_what_is_no_token_is_never_sent() -> None:
    async with ScriptedRoom() as room:
        state = await Told(room, token="a.b.c\r\nX-Other: 1").connection.closed()
        assert state.reason.code == "unauthorized"


@in_loop
async def test_VW2_events_of_unknown_types_and_fields_that_do_not_fit_come_in_their_place_as_they_were() -> None:
    received: list[Received] = []
    async with ScriptedRoom() as room:
        told = Told(room)
        reader = aiter(told.connection)
        async with told.connection:
            socket = await room.connection()
            weather = {"type": "weather", "sky": {"clouds": 3}, "offset": 2, "timestamp": ""}
            strange = {"type": "log", "level": "shouting", "message": "x", "offset": 3, "timestamp": ""}
            await socket.send(welcome(), {"type": "news_of_a_later_version"})
            await socket.send({**batch([1], 3), "events": [*batch([1], 1)["events"], weather, strange]})
            while len(received) < 4:
                received.append(await anext(reader))
        assert [type(each) for each in received] == [Welcomed, Event, Other, Other]
        assert told.others == [weather, strange]


@in_loop
async def test_VW3_subscriptions_changed_while_the_link_was_away_are_those_of_the_next_connection() -> None:
    async with ScriptedRoom() as room:
        told = Told(room, events=["log"])
        async with told.connection:
            first = await room.connection()
            told.connection.subscribe("metrics")
            await told.greet(first)
            assert await first.next() == {"type": "subscribe", "events": ["metrics"]}
            told.connection.unsubscribe("log")
            assert await first.next() == {"type": "unsubscribe", "events": ["log"]}
            first.cut()
            assert (await room.connection()).query["events"] == "metrics"


@in_loop
async def test_CM1_a_command_is_answered_by_its_acknowledgement_or_its_error_and_fails_at_once_without_a_link() -> None:
    async with ScriptedRoom() as room:
        told = Told(room)
        async with told.connection as connection:
            assert await connection.command("stop", id="c0") == Refused("c0", "offline", "there is no connection to the relay")
            socket = await room.connection()
            await told.greet(socket)
            assert isinstance(await connection.live(), Live)
            one = asyncio.create_task(connection.command("sample", id="c1", prompt="a \ud83d cat", width=512))
            two = asyncio.create_task(connection.command("stop", id="c2", save=True))
            assert await socket.next() == {"type": "command", "id": "c1", "command": "sample", "prompt": "a \ud83d cat", "width": 512}
            assert await socket.next() == {"type": "command", "id": "c2", "command": "stop", "save": True}
            await socket.send({"type": "error", "code": "forbidden", "message": "no", "id": "c2"})
            await socket.send({"type": "command_ack", "id": "c1", "state": "queued"})
            assert await one == Accepted("c1", "queued")
            assert await two == Refused("c2", "forbidden", "no")
            lost = asyncio.create_task(connection.command("backup", id="c3"))
            await socket.next()
            socket.cut()
            answer = await lost
            assert isinstance(answer, Refused) and answer.code == "connection_lost"


@in_loop
async def test_CM2_a_command_that_no_room_takes_fails_as_its_own_and_is_not_sent() -> None:
    async with ScriptedRoom() as room:
        told = Told(room)
        async with told.connection as connection:
            socket = await room.connection()
            await told.greet(socket)
            assert await connection.command("sample", id="c1", width=3) == Refused(
                "c1", "invalid_message", "width: must lie between 8 and 8192"
            )
            last = asyncio.create_task(connection.command("save", id="c2"))
            assert (await socket.next())["id"] == "c2"
            await socket.send({"type": "command_ack", "id": "c2", "state": "queued"})
            await last


def test_VW4_a_callback_that_raises_takes_no_other_event_from_its_user() -> None:
    seen: list[int] = []
    unseen: list[str] = []

    def take(event: Any) -> None:
        seen.append(event["offset"])
        if event["offset"] == 1:
            raise KeyError("a mistake")

    async def go() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: unseen.append(str(context["exception"])))
        async with ScriptedRoom() as room, Told(room, on_event=take).connection:
            await (await room.connection()).send(welcome(), batch([1, 2, 3], 3))
            await eventually(lambda: len(seen) == 3, "the events")

    asyncio.run(asyncio.wait_for(go(), 60))
    assert unseen == ["'a mistake'"]


@in_loop
async def test_VW2_a_binary_frame_or_one_that_is_no_json_is_not_skipped() -> None:
    async with ScriptedRoom() as room:
        told = Told(room)
        async with told.connection:
            for nonsense in ("{", "[]", '{"type":"batch","through":NaN}', '{"type":"batch"}'):
                socket = await room.connection()
                await told.greet(socket)
                await socket.send(nonsense)
                await eventually(lambda: isinstance(told.states[-1], Recovering), "the loss")
                assert told.states[-1].reason.code == "protocol_error"


@in_loop
async def test_VW2_a_server_that_does_not_speak_the_protocol_is_not_taken_for_a_relay() -> None:
    async with ScriptedRoom(subprotocol=None) as room:
        told = Told(room)
        async with told.connection:
            await eventually(lambda: told.states[-1:] and getattr(told.states[-1], "attempt", 0) > 0, "the first try")
            assert told.welcomes == [] and not isinstance(told.connection.state, Live)


@in_loop
async def test_VW3_a_position_is_kept_in_a_file_and_taken_up_by_the_next_process(tmp_path: Path) -> None:
    file = PositionFile(tmp_path / "r1.position")
    assert file.load() is None
    async with ScriptedRoom() as room:
        first = Told(room, remember=file)
        async with first.connection:
            socket = await room.connection()
            assert "since" not in socket.query
            await first.greet(socket, last_offset=2)
            await socket.send(batch([1, 2], 2))
            await eventually(lambda: file.load() == "L1:2", "the position in the file while the connection lives")
            await socket.send(batch([3], 3))
            await eventually(lambda: first.offsets == [1, 2, 3], "the last event")
        assert file.load() == "L1:3", "and at its end"
        async with Told(room, remember=file).connection:
            assert (await room.connection()).query["since"] == "L1:3"
        async with Told(room, remember=file, since=Position("L1", 1)).connection:
            assert (await room.connection()).query["since"] == "L1:1"


@in_loop
async def test_a_connection_that_is_closed_before_it_began_opens_nothing() -> None:
    async with ScriptedRoom() as room:
        told = Told(room)
        told.connection.close()
        assert (await told.connection.closed()).reason.code == "closed_by_user"
        second = Told(room)
        await room.connection()
        assert room._waiting.empty()
        second.connection.close()
        await second.connection.closed()


@in_loop
async def test_a_connection_ends_with_the_task_that_it_belongs_to() -> None:
    async with ScriptedRoom() as room:

        async def watch(connection: Connection) -> None:
            async with connection, contextlib.aclosing(aiter(connection)) as reader:
                async for _ in reader:
                    pass

        told = Told(room)
        task = asyncio.create_task(watch(told.connection))
        await told.greet(await room.connection())
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert isinstance(told.connection.state, Closed)


@in_loop
async def test_an_address_that_is_none_is_the_callers_mistake() -> None:
    for address in ("relay.example", "ftp://relay.example", "http://", ""):
        with pytest.raises(ValueError, match="no address of a relay"):
            connect(address, "r1")


@in_loop
async def test_the_example_follows_a_run() -> None:
    async with ScriptedRoom() as room:
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY / "python"), "RUNCAST_TOKEN": "a.b.c"}
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            str(REPOSITORY / "examples" / "watch.py"),
            room.url,
            "r1",
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        socket = await room.connection()
        assert socket.query["events"] == "log,training_status,training_progress"
        await socket.send(welcome(), batch([1], 1))
        assert child.stdout is not None and (await child.stdout.readline()).strip() == b"line 1"
        await socket.close(4104)
        _, said = await child.communicate()
        assert said.split() == b"connecting live closed: the run was deleted".split()
        assert child.returncode == 0


def test_the_package_does_not_load_the_client_and_the_client_says_what_it_lacks() -> None:
    alone = "import sys, runcast, runcast.api; sys.exit(any(name.startswith(('websockets', 'runcast.client')) for name in sys.modules))"
    without = "import sys; sys.modules['websockets'] = None; import runcast.client"
    environment = {"PYTHONPATH": str(REPOSITORY / "python")}
    assert subprocess.run([sys.executable, "-c", alone], env=environment, check=False).returncode == 0
    refused = subprocess.run([sys.executable, "-c", without], env=environment, capture_output=True, text=True, check=False)
    assert refused.returncode == 1 and "ImportError: runcast.client needs the package websockets" in refused.stderr
    assert 'pip install "runcast[client]"' in refused.stderr
