"""A newer token over the link that is there."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from runcast.client import Accepted, Connection, Live, connect
from runcast.client.link_types import Probe, Refresh
from support.aio import eventually, in_loop
from support.link_bench import LinkBench
from support.room import ScriptedRoom, welcome

ROOM_NOW = datetime.fromisoformat(welcome()["timestamp"].replace("Z", "+00:00"))


def in_ms(milliseconds: int) -> str:
    return (ROOM_NOW + timedelta(milliseconds=milliseconds)).isoformat()


class Client:
    """Gives its tokens one after the other, the last one for ever."""

    def __init__(self, room: ScriptedRoom, *tokens: str):
        self.given: list[str] = []
        self._tokens = tokens
        self.connection: Connection = connect(room.url, "r1", token=self._token, events=[])

    async def _token(self) -> str:
        self.given.append(self._tokens[min(len(self.given), len(self._tokens) - 1)])
        return self.given[-1]


def ending(milliseconds: int) -> dict[str, Any]:
    return welcome(expires_at=in_ms(milliseconds))


def test_AC4_a_link_asks_a_minute_before_its_end_a_few_times_more_without_an_answer_and_then_no_more() -> None:
    bench = LinkBench()
    bench.hear(ending(3_600_000))
    welcomed = bench.now
    asked = []
    while bench.now - welcomed < 3_700_000:
        for effect in bench.wait():
            if isinstance(effect, Refresh):
                asked.append(bench.now - welcomed)
            if isinstance(effect, Probe):
                bench.hear({"type": "keepalive_ack"})
    assert asked == [3_540_000, 3_588_000, 3_597_600, 3_599_520]


@in_loop
async def test_AC4_the_new_token_is_the_one_that_the_link_has_from_then_on() -> None:
    async with ScriptedRoom() as room:
        client = Client(room, "a.b.first", "a.b.second", "a.b.third")
        async with client.connection:
            socket = await room.connection()
            await socket.send(ending(1000))
            assert await socket.next() == {"type": "refresh", "token": "a.b.second"}
            await socket.send({"type": "refreshed", "expires_at": in_ms(3_600_000)})
            await socket.close(4101)
            again = await room.connection()
            assert again.headers["Authorization"] == "Bearer a.b.third"


@pytest.mark.parametrize(("code", "is_offered_again"), [("forbidden", False), ("token_revoked", False), ("internal", True)])
@in_loop
async def test_AC4_a_refusal_is_no_commands_answer_and_final_ones_are_not_asked_for_twice(code: str, is_offered_again: bool) -> None:
    async with ScriptedRoom() as room:
        client = Client(room, "a.b.first", "a.b.other")
        async with client.connection as connection:
            socket = await room.connection()
            await socket.send(ending(1000))
            assert isinstance(await connection.live(), Live)
            command = connection._start(_keep(connection, answers := []))
            assert (await socket.next())["type"] == "command"
            assert await socket.next() == {"type": "refresh", "token": "a.b.other"}
            await socket.send({"type": "error", "code": code, "message": "no"}, ending(1000))
            await eventually(lambda: len(client.given) == 3, "another question")
            connection.subscribe("log", "metrics")
            expected = ["refresh", "subscribe"] if is_offered_again else ["subscribe"]
            assert sorted([(await socket.next())["type"] for _ in expected]) == expected
            await socket.send({"type": "command_ack", "id": "c1", "state": "queued"})
            await command
            assert answers == [Accepted("c1", "queued")]


async def _keep(connection: Connection, answers: list[Any]) -> None:
    answers.append(await connection.command("sample", id="c1"))


@in_loop
async def test_AC4_the_same_token_again_sends_nothing_and_AC6_subscriptions_of_one_moment_are_one_message() -> None:
    async with ScriptedRoom() as room:
        client = Client(room, "a.b.c")
        async with client.connection as connection:
            socket = await room.connection()
            await socket.send(ending(1000))
            await eventually(lambda: len(client.given) == 2, "the question")
            names = [f"type_{number}" for number in range(50)]
            for name in names:
                connection.subscribe(name, "passing")
            connection.unsubscribe("passing")
            assert await socket.next() == {"type": "subscribe", "events": names}
