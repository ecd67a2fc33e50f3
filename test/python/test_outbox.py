"""The bounded queue of unacknowledged messages."""

import json

from runcast.hook import outbox
from runcast.hook.messages import encode
from runcast.hook.outbox import Outbox


def body(kind: str, **fields: object) -> bytes:
    return encode({"type": kind, "t": 0.0, **fields})


def sent(box: Outbox) -> list[dict]:
    lines = []
    while (line := box.next_line()) is not None:
        lines.append(json.loads(line))
        box.acknowledge(lines[-1]["n"])
    return lines


def test_messages_are_numbered_from_one_in_the_order_in_which_they_came() -> None:
    box = Outbox()
    for step in range(3):
        box.add("progress", body("progress", global_step=step))

    assert [(line["n"], line["global_step"]) for line in sent(box)] == [(1, 0), (2, 1), (3, 2)]
    assert len(box) == 0


def test_PR6_a_full_queue_drops_the_oldest_latest_wins_messages_first_and_counts_them(monkeypatch) -> None:
    monkeypatch.setattr(outbox, "MESSAGES_MAX", 100)
    box = Outbox()
    for step in range(60):
        box.add("status_text", body("status_text", text=str(step)))
        box.add("progress", body("progress", global_step=step))

    lines = sent(box)
    statuses = [line["text"] for line in lines if line["type"] == "status_text"]
    steps = [line["global_step"] for line in lines if line["type"] == "progress"]
    assert statuses == [str(step) for step in range(60)]
    assert steps == list(range(60 - len(steps), 60))
    assert box.take_dropped() == {"progress": 60 - len(steps)}
    assert box.take_dropped() == {}
    assert [line["n"] for line in lines] == list(range(1, len(lines) + 1)), "what was dropped leaves no hole"


def test_PR6_a_queue_full_of_scalars_keeps_status_samples_and_errors(monkeypatch) -> None:
    monkeypatch.setattr(outbox, "MESSAGES_MAX", 100)
    box = Outbox()
    for kind in ("run_info", "sample", "error"):
        box.add(kind, body(kind))
    for _ in range(500):
        box.add("scalars", body("scalars"), weight=4)

    lines = sent(box)
    assert [line["type"] for line in lines[:3]] == ["run_info", "sample", "error"]
    assert box.take_dropped() == {"scalars": (503 - len(lines)) * 4}
    assert len(lines) <= 100


def test_PR6_the_queue_is_bounded_in_bytes_too(monkeypatch) -> None:
    monkeypatch.setattr(outbox, "BYTES_MAX", 10_000)
    box = Outbox()
    for _ in range(100):
        box.add("log", body("log", message="x" * 1000))

    assert sum(len(json.dumps(line)) for line in sent(box)) < 12_000
    assert box.take_dropped()["log"] > 80


def test_what_is_on_its_way_is_not_dropped_and_sent_again_in_order(monkeypatch) -> None:
    monkeypatch.setattr(outbox, "MESSAGES_MAX", 10)
    box = Outbox()
    for step in range(5):
        box.add("progress", body("progress", global_step=step))
    first = [box.next_line() for _ in range(5)]
    for step in range(5, 40):
        box.add("progress", body("progress", global_step=step))

    box.acknowledge(2)
    box.send_again()
    again = [box.next_line() for _ in range(3)]
    assert again == first[2:]
    assert json.loads(box.next_line())["n"] == 6


def test_no_more_than_a_window_is_sent_unacknowledged(monkeypatch) -> None:
    monkeypatch.setattr(outbox, "WINDOW_MESSAGES", 3)
    box = Outbox()
    for _ in range(5):
        box.add("log", body("log"))

    assert [box.next_line() is not None for _ in range(5)] == [True, True, True, False, False]
    box.acknowledge(1)
    assert json.loads(box.next_line())["n"] == 4
