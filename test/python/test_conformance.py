"""The cases that concern the hook, of those that every language runs."""

import math

import pytest

from runcast.hook import wire
from runcast.hook.asked import asked_fields
from runcast.hook.messages import MESSAGE_TYPES
from runcast.hook.steering import Refused
from support.cases import cases


@pytest.mark.parametrize(("given", "expect"), [case for case in cases("numbers") if "wire" in case.values[1]])
def test_EV2_numbers_travel_as_the_cases_say(given: dict, expect: dict) -> None:
    number = float(given["name"]) if "name" in given else given["number"]

    assert wire.number(number) == expect["wire"]
    assert not isinstance(wire.number(number), float) or math.isfinite(number)


@pytest.mark.parametrize(("given", "expect"), [case for case in cases("commands") if case.values[0].get("command") == "sample"])
def test_CM2_the_fields_of_a_sample_are_taken_or_refused_as_the_cases_say(given: dict, expect: bool) -> None:
    known = {key: value for key, value in given.items() if key not in ("id", "command")}
    try:
        taken = asked_fields(given)
    except Refused:
        assert not expect
    else:
        # A field that there is not is refused by the room; here nobody looks at it.
        assert taken == (known if expect else {})


def test_each_message_that_the_hook_sends_is_among_the_cases() -> None:
    valid = {case.values[0]["type"] for case in cases("hook-messages") if case.values[1]}

    assert valid >= MESSAGE_TYPES
