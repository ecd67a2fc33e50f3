"""The gate in which the training thread is held, by itself."""

import os
import threading

import pytest

from runcast.hook import pausing
from runcast.hook.pausing import Ended, Gate, Why, limit_in
from support.child import REPOSITORY, environment, run


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Visitor:
    """A thread that comes by the gate once."""

    def __init__(self, gate: Gate):
        self.arrived = gate.enter()
        self.why: Why | None = None
        assert self.arrived is not None
        self._thread = threading.Thread(target=self._wait, args=(gate, self.arrived[0]), daemon=True)
        self._thread.start()

    def _wait(self, gate: Gate, id: str) -> None:
        self.why = gate.wait(id)

    def left(self) -> Why | None:
        self._thread.join(30)
        return self.why


def test_CM3_a_pause_is_not_carried_out_once_the_relay_calls_it_expired() -> None:
    now = 0.0
    gate = Gate(clock=lambda: now)
    assert gate.ask("p1", 5) is None
    now = 4.9
    assert gate.expire() is None
    now = 5.0
    ended = gate.expire()
    assert ended is not None and ended.why is Why.LATE
    assert gate.ask("p2", 1e9) is None  # more time than a pause ever has
    now += 60
    assert gate.expire() is not None


def test_CM3_a_pause_that_is_reached_too_late_is_not_carried_out_and_the_next_one_can_be_asked_for() -> None:
    clock = Clock()
    gate = Gate(clock=clock)
    assert gate.ask("p1") is None
    clock.now += pausing.PAUSE_REACHED_SECONDS - 1
    assert gate.expire() is None
    clock.now += 1
    assert gate.expire() == Ended("p1", Why.LATE, was_reached=False)
    assert (gate.is_asked, gate.enter()) == (False, None)
    assert gate.ask("p2") is None
    assert gate.enter() == ("p2", True)
    clock.now += 10 * pausing.PAUSE_REACHED_SECONDS
    assert gate.expire() is None, "a pause that was reached is not late"


def test_CM3_every_thread_that_tells_of_a_step_is_held_and_one_of_them_speaks() -> None:
    gate = Gate()
    gate.ask("p1")
    visitors = [Visitor(gate), Visitor(gate)]
    assert [visitor.arrived for visitor in visitors] == [("p1", True), ("p1", False)]
    assert gate.open(Why.RESUME) == Ended("p1", Why.RESUME, was_reached=True)
    assert [visitor.left() for visitor in visitors] == [Why.RESUME, Why.RESUME]


def test_CM3_a_pause_that_comes_before_the_thread_has_left_the_last_one_is_another_one() -> None:
    gate = Gate()
    gate.ask("p1")
    assert gate.enter() == ("p1", True)
    gate.open(Why.RESUME)
    assert gate.ask("p2") is None
    assert gate.wait("p1") is Why.RESUME  # returns at once
    assert gate.open(Why.RESUME) == Ended("p2", Why.RESUME, was_reached=False)


def test_CM3_nobody_is_held_between_a_stop_and_its_being_taken_up() -> None:
    gate = Gate()
    gate.stop()
    assert gate.ask("p1") == "a stop has been asked for"
    gate.forget_stop()
    assert gate.ask("p1") is None


def test_PR6_the_limit_counts_from_the_step_at_which_the_training_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pausing, "WAKE_SECONDS", 0.01)
    clock = Clock()
    gate = Gate(limit=10, clock=clock)
    gate.ask("p1")
    clock.now += 50
    visitor = Visitor(gate)
    clock.now += 9.9
    assert gate.is_held
    clock.now += 0.1
    assert visitor.left() is Why.LIMIT


def test_PR6_an_agent_that_comes_back_in_time_leaves_the_training_paused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pausing, "WAKE_SECONDS", 0.01)
    clock = Clock()
    gate = Gate(clock=clock)
    gate.ask("p1")
    visitor = Visitor(gate)
    gate.agent_went()
    clock.now += pausing.PAUSE_WITHOUT_AGENT_SECONDS - 1
    gate.agent_went()  # a failed try to connect is no new beginning
    gate.agent_came()
    clock.now += 1_000_000
    assert gate.is_held
    gate.agent_went()
    clock.now += pausing.PAUSE_WITHOUT_AGENT_SECONDS
    assert visitor.left() is Why.NO_AGENT


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1800", 1800.0), ("0.5", 0.5), ("", None), ("30m", None), ("-1", None), ("0", None), ("nan", None)],
)
def test_PR6_a_limit_that_is_none_is_no_limit(text: str, seconds: float | None) -> None:
    assert limit_in({"RUNCAST_PAUSE_LIMIT": text}) == seconds
    assert limit_in({}) is None


def test_PR6_a_process_whose_main_thread_is_over_does_not_wait_for_a_training_that_is_paused() -> None:
    code = """
import threading
from runcast.hook.pausing import gate
gate.ask("p1")
def train():
    id, _ = gate.enter()
    print(gate.wait(id).value)
threading.Thread(target=train).start()
"""
    done = run("-c", code, env=environment(None, path=(REPOSITORY / "python",)))

    assert (done.returncode, done.stdout, done.stderr) == (0, "exit\n", "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_PR6_a_forked_child_is_not_held_by_its_parents_pause() -> None:
    gate = Gate()
    gate.ask("p1")
    with gate._changed:  # another thread may be in there while the process forks
        child = os.fork()
        if child == 0:
            gate.abandon()
            os._exit(0 if (gate.is_asked, gate.enter(), gate.ask("p2")) == (False, None, None) else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert gate.is_asked
