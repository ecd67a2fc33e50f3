"""The Python client and the cases that every client runs."""

from typing import Any

import pytest

from runcast.client import Position, from_wire
from runcast.client.backoff import backoff
from runcast.client.close_codes import after_close, close_name
from runcast.client.commands import problem_of
from runcast.client.delivery import NOTHING_DELIVERED, since_position
from runcast.client.events import EVENT_TYPES, sort_event
from runcast.client.link_types import Deliver, Effect, NewToken, Open, Retry, SocketClosed, Stop, Waiting
from runcast.client.messages import check_event
from runcast.client.refresh import ask_at
from runcast.client.shapes import check_for
from runcast.client.verdict import verdict_of
from runcast.client.wire import WireNumber
from support.cases import cases
from support.link_bench import LinkBench
from support.room import batch, welcome


@pytest.mark.parametrize(("given", "expect"), cases("numbers"))
def test_EV2_numbers_are_read_as_the_cases_say(given: dict, expect: dict) -> None:
    fits = check_for(WireNumber)
    if expect.get("refused"):
        assert fits(given["wire"]) is not None
    else:
        number = float(given["name"]) if "name" in given else given["number"]
        assert fits(expect["wire"]) is None
        assert repr(from_wire(expect["wire"])) == repr(float(number)), "NaN is not equal to itself"


def test_EV2_no_value_is_not_a_number() -> None:
    assert from_wire(None) is None


@pytest.mark.parametrize(("given", "expect"), cases("positions"))
def test_VW3_positions_are_read_as_the_cases_say(given: str, expect: dict | None) -> None:
    position = Position.parse(given)

    assert position == (None if expect is None else Position(**expect))
    assert position is None or Position.parse(str(position)) == position


@pytest.mark.parametrize(("given", "expect"), cases("close-codes"))
def test_VW8_close_codes_mean_what_the_cases_say(given: int, expect: dict) -> None:
    assert {"name": close_name(given), "after": after_close(given)} == expect


@pytest.mark.parametrize(("given", "expect"), cases("backoff"))
def test_VW9_waits_are_as_long_as_the_cases_say(given: dict, expect: int) -> None:
    assert backoff(**given) == expect


@pytest.mark.parametrize(("given", "expect"), cases("refreshes"))
def test_AC4_a_newer_token_is_asked_for_when_the_cases_say(given: dict, expect: int | None) -> None:
    assert ask_at(**given) == expect


@pytest.mark.parametrize(("given", "expect"), cases("refusals"))
def test_VW8_refusals_are_judged_as_the_cases_say(given: dict, expect: dict) -> None:
    match verdict_of(given["status"], given["body"], given["retry_after"]):
        case Stop(reason):
            assert expect == {"kind": "stop", "code": reason.code}
        case NewToken(reason):
            assert expect == {"kind": "new_token", "code": reason.code}
        case Retry(reason, after_ms):
            assert expect == {"kind": "retry", "code": reason.code, "after_ms": after_ms}


@pytest.mark.parametrize(("given", "expect"), cases("commands"))
def test_CM2_commands_are_taken_or_refused_as_the_cases_say(given: dict, expect: bool) -> None:
    assert (problem_of(given) is None) == expect


@pytest.mark.parametrize(("given", "expect"), cases("events"))
def test_EV7_events_are_sorted_as_the_cases_say(given: Any, expect: str) -> None:
    if check_event(given) is not None:
        assert expect == "invalid", "the frame that holds it cannot be read"
    else:
        assert sort_event({"offset": 1, "timestamp": "", **given}) == expect


def test_EV7_there_is_a_case_for_each_type_that_the_client_knows() -> None:
    known = {given["type"] for given, expect in (case.values for case in cases("events")) if expect == "known"}

    assert known == EVENT_TYPES


@pytest.mark.parametrize(("given", "expect"), cases("delivery"))
def test_VW4_what_a_room_says_is_handed_on_as_the_cases_say(given: dict, expect: dict) -> None:
    start = None if given["since"] is None else Position.parse(given["since"])
    bench = LinkBench(given["replay"], start or NOTHING_DELIVERED)
    delivered: list[int] = []
    asked: list[str | None] = []

    def note(effects: list[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Open):
                asked.append(None if effect.since is None else str(effect.since))
            if isinstance(effect, Deliver):
                delivered.extend(event["offset"] for event in effect.events)

    note(bench.effects)
    for step in given["steps"]:
        if "cut" in step:
            note(bench.give(SocketClosed(step["cut"])))
            while isinstance(bench.link.phase, Waiting):
                note(bench.wait())
        elif "welcome" in step:
            note(bench.hear(welcome(**step["welcome"])))
        elif "batch" in step:
            note(bench.hear(batch(step["batch"], step["through"])))
        else:
            note(bench.hear({"type": "renumbered", **step["renumbered"]}))
    since = since_position(bench.link.delivery)

    assert {"delivered": delivered, "asked": asked, "since": None if since is None else str(since)} == expect
