"""The Python client's link, without a network: what the cases for every client do not say."""

import random

import pytest

from runcast.client import Closed, Connecting, Live, Offline, Position, Reason, Recovering
from runcast.client.link_types import (
    Abandon,
    Ack,
    Check,
    Close,
    Deliver,
    Held,
    Judged,
    NewToken,
    Open,
    PassOn,
    Probe,
    Reader,
    Renew,
    Retry,
    SocketClosed,
    Stop,
    Token,
    Waiting,
)
from support.link_bench import LinkBench
from support.room import batch, welcome

CUT = SocketClosed(1006)
UNREACHABLE = Judged(Retry(Reason("unreachable", "")))


def live_bench(**different: object) -> LinkBench:
    bench = LinkBench()
    bench.hear(welcome(**different))
    return bench


def test_VW6_an_ack_goes_out_once_the_limit_of_the_welcome_has_been_received_not_before() -> None:
    bench = live_bench(ack_every_bytes=1000)

    assert not any(isinstance(effect, Ack) for effect in bench.hear(batch([1], 1), 600))
    assert bench.hear(batch([2], 2), 600)[-1] == Ack(2)
    assert not any(isinstance(effect, Ack) for effect in bench.hear(batch([3], 3), 600))


def test_VW6_while_the_reader_is_behind_nothing_is_acknowledged_and_a_lost_link_is_made_anew_only_once_it_has_read() -> None:
    bench = live_bench(ack_every_bytes=1000)
    bench.give(Reader(True))
    assert [type(effect) for effect in bench.hear(batch([1], 1), 2000)] == [Deliver]
    bench.hear(batch([2], 2), 2000)
    assert bench.give(Reader(False)) == [Ack(2)]
    bench.give(Held(2))
    assert bench.give(Reader(False)) == [Ack(2)]
    bench.give(Reader(True))
    bench.give(SocketClosed(4008))
    assert bench.wait() == []
    assert isinstance(bench.state, Recovering) and bench.state.reason.code == "slow"
    bench.wait()
    assert isinstance(bench.state, Offline) and bench.state.reason.code == "slow"
    assert bench.due_ms is None
    assert bench.give(Reader(False)) == [Open(Position("L1", 2))]


def test_VW7_a_quiet_link_is_asked_with_the_welcomes_own_text_and_counts_as_dead_when_nothing_comes_back() -> None:
    bench = live_bench()
    assert bench.wait() == [Probe('{"type":"keepalive"}')]
    bench.now += 100
    bench.hear({"type": "keepalive_ack"})
    assert bench.wait() == [Probe('{"type":"keepalive"}')]
    assert bench.wait() == [Abandon()]
    assert isinstance(bench.state, Recovering) and bench.state.reason.code == "dead_link"


@pytest.mark.parametrize("code", [4100, 4102, 4103, 4104, 4107, 1009])
def test_VW8_a_close_for_good_ends_the_connection(code: int) -> None:
    bench = live_bench()

    assert bench.give(SocketClosed(code)) == [Abandon()]
    assert isinstance(bench.state, Closed)
    assert bench.hear(welcome()) == [] and bench.due_ms is None


@pytest.mark.parametrize("code", [4000, 4001, 4008, 4029, 1001, 1005, 1006, 1012])
def test_VW8_any_other_close_comes_back(code: int) -> None:
    bench = live_bench()

    bench.give(SocketClosed(code))
    assert isinstance(bench.state, Recovering)
    assert bench.wait() == [Open(Position("L1", 0))]


def test_VW8_a_recycled_link_comes_back_at_once_but_not_one_that_carried_nothing() -> None:
    assert live_bench().give(SocketClosed(4001), 60_000) == [Open(Position("L1", 0))]
    assert live_bench().give(SocketClosed(4001), 10) == []


def test_VW8_AC4_an_expired_token_is_asked_for_again_and_new_ones_that_do_not_last_are_not_asked_for_in_a_loop() -> None:
    bench = live_bench()
    assert bench.give(SocketClosed(4101)) == [Renew()]
    assert bench.give(Token("fresh")) == [Open(Position("L1", 0))]
    assert bench.give(Judged(NewToken(Reason("token_expired", "")))) == [Renew()]
    assert bench.give(Token("fresh")) == []
    assert bench.wait() == [Open(Position("L1", 0))]
    bench.give(Token("unavailable"))
    assert isinstance(bench.state, Recovering) and bench.state.reason.code == "token_unavailable"
    assert bench.wait() == [Open(Position("L1", 0))]
    bench.give(SocketClosed(4101))
    while not isinstance(bench.link.phase, Waiting):
        bench.wait()  # whoever gives the token says nothing at all
    while bench.effects != [Open(Position("L1", 0))]:
        bench.wait()
    bench.give(SocketClosed(4101))
    bench.give(Token("same"))
    assert isinstance(bench.state, Closed) and bench.state.reason.code == "token_expired"


def test_VW9_the_patience_that_the_relay_asked_for_ends_with_that_wait_and_nothing_shortens_it() -> None:
    bench = live_bench()
    asked = {"type": "error", "code": "rate_limited", "message": "slow down", "retry_after_ms": 7000}
    assert bench.hear(asked) == [PassOn(asked)]
    bench.give(SocketClosed(4029))
    assert bench.give(Check(), 6999) == []
    assert bench.give(Check(), 1) == [Open(Position("L1", 0))]
    bench.hear(welcome())
    bench.hear(asked)
    bench.give(CUT)
    assert bench.due_ms is not None and bench.due_ms < 7000


def test_VW3_a_refused_connection_ends_only_where_trying_again_is_useless() -> None:
    bench = LinkBench()
    bench.give(UNREACHABLE)
    assert isinstance(bench.state, Connecting)
    bench.wait()
    bench.give(Judged(Stop(Reason("forbidden", "no"))))
    assert isinstance(bench.state, Closed) and bench.state.reason == Reason("forbidden", "no")


def test_VW9_waits_grow_while_tries_fail_and_a_short_lived_link_does_not_make_them_start_anew() -> None:
    bench = LinkBench()
    bench.random = 0.999
    waits = []
    for _ in range(9):
        bench.hear(welcome())
        bench.give(CUT, 50)
        assert isinstance(bench.link.phase, Waiting)
        waits.append(bench.link.phase.retry_at - bench.now)
        while isinstance(bench.link.phase, Waiting):
            bench.wait()
    assert waits == sorted(waits) and waits[0] < 1000 and 29_000 < waits[-1] <= 30_000
    bench.hear(welcome())
    bench.give(CUT, 60_000)
    assert bench.due_ms is not None and bench.due_ms <= 1000


def test_HL1_a_blink_is_called_recovering_a_longer_loss_offline_since_the_moment_of_the_loss() -> None:
    bench = live_bench()
    assert bench.state == Live(1000.0)
    bench.give(CUT, 20_000)
    lost_at = bench.now / 1000
    bench.wait()
    bench.give(UNREACHABLE, 9000)
    assert isinstance(bench.state, Recovering) and bench.state.since == lost_at
    bench.wait()
    assert isinstance(bench.state, Offline) and bench.state.since == lost_at and bench.state.reason.code == "unreachable"
    assert bench.state.retry_at is not None and bench.state.retry_at > bench.now / 1000
    assert bench.give(Check()) == [Open(Position("L1", 0))]
    assert bench.give(Close()) == [Abandon()]


def test_VW2_a_frame_that_cannot_be_read_is_never_skipped_the_link_begins_again_from_its_position() -> None:
    bench = live_bench(last_offset=1)
    bench.hear(batch([1], 1))

    assert bench.hear(None) == [Abandon()]
    assert bench.wait() == [Open(Position("L1", 1))]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_VW9_viewers_that_lose_one_relay_at_the_same_moment_do_not_come_back_together(seed: int) -> None:
    chance = random.Random(seed)
    slots: dict[int, int] = {}
    for _ in range(200):
        bench = live_bench()
        bench.random = chance.random()
        bench.give(SocketClosed(4000), 60_000)
        assert bench.due_ms is not None
        slots[bench.due_ms // 100] = slots.get(bench.due_ms // 100, 0) + 1

    assert len(slots) == 10 and max(slots.values()) < 40
