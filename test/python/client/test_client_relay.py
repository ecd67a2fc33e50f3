"""The Python client and a real relay."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest

from runcast.client import Accepted, Closed, Event, LinkState, Live, Received, Recovering, Refused, connect
from runcast.client.refresh import milliseconds
from support.aio import eventually, in_loop
from support.producer import Producer
from support.relay import Relay


@pytest.fixture(scope="module")
def relay() -> Iterator[Relay]:
    relay = Relay()
    yield relay
    relay.stop()


def line(number: int, length: int = 0) -> dict[str, Any]:
    return {"type": "log", "level": "info", "message": f"line {number} {'x' * length}".strip()}


def is_line(received: Received) -> bool:
    return isinstance(received, Event) and received.event["type"] == "log"


async def ask(relay: Relay, what: str) -> None:
    """Without holding up the loop that the client lives in."""
    await asyncio.to_thread(getattr(relay, what))


@in_loop
async def test_VW3_PR1_through_a_killed_relay_and_a_producers_new_life_every_event_comes_once_in_order_and_none_is_missing(
    relay: Relay,
) -> None:
    token = relay.token("agent", "killed")
    first = await Producer.begin(relay.url, "killed", token)
    await first.send(*(line(number) for number in (1, 2, 3)))
    lines: list[str] = []
    offsets: list[int] = []
    welcomes: list[bool] = []
    states: list[LinkState] = []

    def take(event: Any) -> None:
        offsets.append(event["offset"])
        if event["type"] == "log":
            lines.append(event["message"])

    viewer = connect(
        relay.url,
        "killed",
        token=relay.token("viewer", "killed"),
        on_event=take,
        on_welcome=lambda welcome: welcomes.append(welcome["recovered"]),
        on_state=states.append,
    )
    async with viewer:
        await eventually(lambda: len(lines) == 3, "the replay")
        await ask(relay, "kill9")
        await eventually(lambda: isinstance(states[-1], Recovering), "the loss")
        await ask(relay, "restart")
        second = await Producer.begin(relay.url, "killed", token, life="second")
        await second.send(*(line(number) for number in (4, 5)))
        await eventually(lambda: len(lines) >= 5, "what came after")
    assert lines == [f"line {number}" for number in range(1, 6)]
    assert offsets == sorted(set(offsets))
    assert welcomes == [False, True]
    await second.close()


@in_loop
async def test_VW6_a_reader_that_stops_reading_is_sent_no_more_than_it_can_hold_and_then_gets_everything(relay: Relay) -> None:
    producer = await Producer.begin(relay.url, "slow", relay.token("agent", "slow"))
    await producer.send(line(0))
    total, each, length = 3200, 200, 8000
    async with connect(relay.url, "slow", token=relay.token("viewer", "slow")) as viewer:
        reader = aiter(viewer)
        while not is_line(received := await anext(reader)):
            pass
        for first in range(1, total, each):
            await producer.send(*(line(number, length) for number in range(first, first + each)))
        # The loop was free all the while: what the relay would send without an ack has arrived.
        inbox = viewer._inbox
        assert inbox is not None
        await eventually(lambda: inbox._is_behind, "more than the reader may hold")
        assert inbox._bytes < 10 * 1024 * 1024 < total * length
        got = [0]
        while got[-1] < total:
            received = await anext(reader)
            if is_line(received):
                got.append(int(received.event["message"].split()[1]))
        assert got == list(range(total + 1))
        assert isinstance(viewer.state, Live)
    await producer.close()


@in_loop
async def test_AC4_a_token_that_ends_is_replaced_and_the_run_goes_on(relay: Relay) -> None:
    producer = await Producer.begin(relay.url, "renewed", relay.token("agent", "renewed"))
    # The relay forgives 30 seconds: the first token has ended, the second ends in a moment.
    tokens = [relay.token("viewer", "renewed", lifetime_s=left) for left in (-60, -27, -27, 3600, 3600)]
    welcomes: list[bool] = []
    lines: list[str] = []
    async with connect(
        relay.url,
        "renewed",
        token=lambda: tokens.pop(0),
        events=["log"],
        on_welcome=lambda welcome: welcomes.append(welcome["recovered"]),
        on_event=lambda event: lines.append(event["message"] if event["type"] == "log" else ""),
    ) as viewer:
        assert isinstance(await viewer.live(), Live) and viewer.role == "viewer"
        sent = 0
        while len(welcomes) < 2:
            sent += 1
            await producer.send(line(sent))
            await asyncio.sleep(0.05)
        await eventually(lambda: len(lines) >= sent, "what was sent meanwhile")
    assert welcomes == [False, True] and lines == [f"line {number}" for number in range(1, sent + 1)]
    async with connect(relay.url, "renewed", token=relay.token("viewer", "renewed", lifetime_s=-60)) as viewer:
        assert (await viewer.closed()).reason.code == "token_expired"
    await producer.close()


@in_loop
async def test_AC4_a_watch_survives_its_first_token_without_another_connection(relay: Relay) -> None:
    producer = await Producer.begin(relay.url, "watched", relay.token("agent", "watched"))
    tokens: list[str] = []
    welcomes: list[Any] = []
    states: list[LinkState] = []
    answers: list[Any] = []
    lines: list[Any] = []

    async def token() -> str:
        tokens.append(await asyncio.to_thread(relay.token, "viewer", "watched", 3 if not tokens else 600))
        return tokens[-1]

    async with connect(
        relay.url,
        "watched",
        token=token,
        on_welcome=welcomes.append,
        on_state=states.append,
        on_answer=answers.append,
        on_event=lines.append,
    ):
        await eventually(lambda: answers, "the answer to the new token")
        first_end = milliseconds(welcomes[0]["expires_at"])
        assert answers[0]["type"] == "refreshed" and milliseconds(answers[0]["expires_at"]) > first_end
        await eventually(lambda: time.time() * 1000 > first_end + 1000, "the first token's end")
        before = len(lines)
        await producer.send(line(1))
        await eventually(lambda: len(lines) > before, "what came after it")
        assert len(welcomes) == 1 and [type(state).__name__ for state in states] == ["Connecting", "Live"]
    await producer.close()


@in_loop
async def test_AC5_a_run_that_there_is_not_and_one_that_the_token_does_not_cover_are_told_apart_and_not_tried_again(relay: Relay) -> None:
    for run, token, code in (
        ("nowhere", relay.token("viewer", "*"), "run_not_found"),
        ("nowhere", relay.token("viewer", "elsewhere"), "forbidden"),
        ("nowhere", "a.b.c", "unauthorized"),
        ("nowhere", None, "unauthorized"),
    ):
        state = await connect(relay.url, run, token=token).closed()
        assert state.reason.code == code


@in_loop
async def test_CM1_a_command_goes_to_the_producer_and_its_states_come_as_events(relay: Relay) -> None:
    producer = await Producer.begin(relay.url, "steered", relay.token("agent", "steered"))
    async with connect(relay.url, "steered", token=relay.token("operator", "steered"), events=["command_status"]) as operator:
        reader = aiter(operator)
        await operator.live()
        assert await operator.command("sample", id="c1", prompt="a cat", width=512) == Accepted("c1", "delivered")
        asked = await producer.command()
        assert asked["id"] == "c1" and asked["prompt"] == "a cat" and asked["width"] == 512
        states = []
        while len(states) < 2:
            received = await anext(reader)
            if isinstance(received, Event) and received.event["type"] == "command_status":
                states.append(received.event["state"])
        assert states == ["queued", "delivered"]
    async with connect(relay.url, "steered", token=relay.token("viewer", "steered")) as viewer:
        await viewer.live()
        answer = await viewer.command("stop")
        assert isinstance(answer, Refused) and answer.code == "forbidden"
    assert isinstance(viewer.state, Closed)
    await producer.close()


@in_loop
async def test_VW8_a_relay_that_is_not_there_is_waited_for(relay: Relay) -> None:
    producer = await Producer.begin(relay.url, "late", relay.token("agent", "late"))
    await producer.send(line(1))
    token = relay.token("viewer", "late")
    await ask(relay, "kill9")
    states: list[LinkState] = []
    async with connect(relay.url.replace("http", "ws"), "late", token=token, on_state=states.append) as viewer:
        await eventually(lambda: states and getattr(states[-1], "attempt", 0) >= 2, "tries in vain")
        await ask(relay, "restart")
        assert isinstance(await viewer.live(), Live)
