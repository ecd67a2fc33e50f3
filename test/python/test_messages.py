"""Records into messages: what JSON cannot hold, and the protocol's limits."""

import json
import math

import pytest

from runcast.hook import wire
from runcast.hook.messages import ROWS_MAX, encode, messages, with_number


def scalar(value: float, step: object = 1, tag: object = "loss") -> tuple:
    return ("scalar", 5.0, tag, value, step)


def test_EV2_nan_and_infinities_travel_by_name() -> None:
    [message] = messages([scalar(math.nan), scalar(math.inf), scalar(-math.inf), scalar(0.5)])

    assert [row[2] for row in message["rows"]] == ["NaN", "Infinity", "-Infinity", 0.5]
    json.loads(with_number(1, encode(message)), parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def test_consecutive_scalars_travel_together_and_keep_their_place_among_others() -> None:
    told = list(messages([scalar(1.0), scalar(2.0), ("status_text", 6.0, "Training ..."), scalar(3.0)]))

    assert [message["type"] for message in told] == ["scalars", "status_text", "scalars"]
    assert [len(message["rows"]) for message in told if message["type"] == "scalars"] == [2, 1]
    assert [len(message["rows"]) for message in messages([scalar(1.0)] * (ROWS_MAX + 1))] == [ROWS_MAX, 1]


@pytest.mark.parametrize(("step", "sent"), [(3, 3), (None, None), (2.0, 2), (2**60, None), ("x", None), (math.nan, None), (-1, -1)])
def test_a_step_that_is_no_integer_is_unknown(step: object, sent: int | None) -> None:
    [message] = messages([scalar(1.0, step)])

    assert message["rows"][0][3] == sent


def test_names_are_cut_to_the_protocols_limits_and_never_empty() -> None:
    rows = [row for message in messages([scalar(1.0, tag="x" * 500), scalar(1.0, tag="")]) for row in message["rows"]]

    assert [len(row[1]) for row in rows] == [wire.NAME_MAX, len("(unnamed)")]


@pytest.mark.parametrize("letter", ["x", "ä", "𝔵", "\ud800"])
def test_text_is_cut_as_the_agent_counts_it(letter: str) -> None:
    cut = wire.text(letter * 5000, 4096)

    units = len(cut.encode("utf-16-le", "surrogatepass")) // 2
    assert units <= 4096
    assert wire.text(letter * 10, 4096) == letter * 10


def test_a_value_that_cannot_be_read_costs_its_own_record_only() -> None:
    class Broken:
        def __str__(self) -> str:
            raise RuntimeError

    told = list(messages([("status_text", 1.0, Broken()), ("status_text", 2.0, "Saving")]))
    assert [(message["type"], message.get("text")) for message in told] == [("log", None), ("status_text", "Saving")]


def test_a_configuration_is_bounded_in_depth_and_size_whatever_is_in_it() -> None:
    cyclic: dict = {"name": "run"}
    cyclic["self"] = cyclic
    huge = {"prompts": ["x" * 100_000] * 100, "numbers": list(range(1_000_000))}

    assert wire.config(cyclic)["name"] == "run"
    assert len(encode({"type": "run_info", "config": wire.config(huge)})) < 2 * 1024 * 1024
    assert wire.config({1: 2**80, "set": {1}, "nan": math.nan}) == {"1": str(2**80), "set": [1], "nan": "NaN"}
