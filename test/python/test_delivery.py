"""Agents die, hang and come back; nothing is lost, nothing is doubled, and the trainer never waits."""

from pathlib import Path

import pytest

from support.child import FAKE_ONETRAINER, environment, run, start
from support.listener import Listener, until

INTERACTIVE = """
import sys
from torch.utils.tensorboard import SummaryWriter
writer, step = SummaryWriter(), 0
for line in sys.stdin:
    for _ in range(int(line)):
        step += 1
        writer.add_scalar("loss", 1.0 / step, step)
    print(step, flush=True)
"""
"""Logs as many scalars as each line of its input says, and answers how many it logged."""


class Trainer:
    """A child that logs when it is told to."""

    def __init__(self, hook_file: Path):
        self._child = start("-c", INTERACTIVE, env=environment(hook_file, path=(FAKE_ONETRAINER,)))

    def log(self, count: int) -> None:
        self._child.stdin.write(f"{count}\n")
        self._child.stdin.flush()
        assert self._child.stdout.readline()

    def end(self) -> None:
        self._child.stdin.close()
        assert self._child.wait(60) == 0
        assert self._child.stderr.read() == ""
        self._child.stdout.close()
        self._child.stderr.close()


def steps(agent: Listener) -> list[int]:
    return [row[3] for message in agent.of("scalars") for row in message["rows"]]


def test_PR6_an_agent_that_dies_and_comes_back_on_another_port_gets_everything_once(hook_file: Path) -> None:
    first = Listener(hook_file)
    trainer = Trainer(hook_file)
    trainer.log(10)
    first.wait_for("scalars")
    first.die()
    trainer.log(10)
    second = Listener(hook_file, first.spool)
    trainer.log(10)
    trainer.end()
    second.wait_until_disconnected()
    second.die()

    assert second.port != first.port
    assert len(second.spool) == 1, "one session, whatever happens to the connection"
    assert steps(second) == list(range(1, 31))
    assert [message["n"] for message in second.messages] == list(range(1, len(second.messages) + 1))


def test_PR6_what_was_not_acknowledged_is_sent_again_and_taken_once(hook_file: Path) -> None:
    first = Listener(hook_file, is_acknowledging=False)
    trainer = Trainer(hook_file)
    trainer.log(5)
    first.wait_for("scalars")
    first.die()
    forgetful = Listener(hook_file)  # died before its spool had anything
    trainer.log(5)
    trainer.end()
    forgetful.wait_until_disconnected()
    forgetful.die()

    assert steps(forgetful) == list(range(1, 11))
    assert forgetful.messages[0]["n"] == 1


def test_an_agent_that_starts_after_the_training_gets_it_from_the_first_message_on(hook_file: Path) -> None:
    trainer = Trainer(hook_file)
    trainer.log(3)
    late = Listener(hook_file)
    late.wait_for("scalars")
    trainer.end()
    late.die()

    assert [message["type"] for message in late.messages[:2]] == ["run_info", "scalars"]
    assert steps(late) == [1, 2, 3]


def test_PR6_a_trainer_whose_agent_is_gone_ends_without_waiting_for_it(hook_file: Path) -> None:
    agent = Listener(hook_file)
    trainer = Trainer(hook_file)
    trainer.log(1)
    agent.wait_for("scalars")
    agent.die()
    trainer.log(1)
    trainer.end()


def test_PR6_a_trainer_whose_agent_hangs_ends_all_the_same(hook_file: Path) -> None:
    agent = Listener(hook_file, is_reading=False)
    trainer = Trainer(hook_file)
    trainer.log(1)
    until(lambda: agent.hellos, "the hook to connect")
    trainer.log(200_000)  # far more than sockets buffer
    trainer.end()
    agent.die()


def test_PR6_what_a_full_queue_dropped_is_told_once_the_agent_reads_again(hook_file: Path, tmp_path: Path) -> None:
    agent = Listener(hook_file, is_reading=False)
    trainer = Trainer(hook_file)
    trainer.log(1)
    until(lambda: agent.hellos, "the hook to connect")
    for _ in range(5):
        trainer.log(100_000)
    agent.read()

    def lost() -> int:
        return sum(message["counts"]["scalars"] for message in agent.of("dropped"))

    until(lambda: len(steps(agent)) + lost() == 500_001, "every scalar to have come or to be counted")
    assert lost() > 0
    assert steps(agent)[-1] == 500_001, "the newest are kept"
    trainer.end()
    agent.die()


def test_a_short_training_arrives_although_the_process_ends_at_once(agent: Listener, hook_file: Path) -> None:
    code = "from torch.utils.tensorboard import SummaryWriter; SummaryWriter().add_scalar('loss', 0.5, 7)"
    assert run("-c", code, env=environment(hook_file, path=(FAKE_ONETRAINER,))).returncode == 0
    agent.wait_until_disconnected()

    assert steps(agent) == [7]


def test_a_message_that_the_agent_refuses_is_replaced_and_the_others_arrive(agent: Listener, hook_file: Path) -> None:
    agent.refuse = lambda message: message["type"] == "scalars" and message["rows"][0][3] == 2
    trainer = Trainer(hook_file)
    trainer.log(1)
    agent.wait_for("scalars", 1)
    trainer.log(1)
    agent.wait_for("log")
    trainer.log(1)
    trainer.end()
    agent.wait_until_disconnected()

    assert steps(agent) == [1, 3]
    assert [(message["level"], message["message"]) for message in agent.of("log")] == [
        ("warning", "runcast: the agent refused a message of this training")
    ]
    assert [message["n"] for message in agent.messages] == list(range(1, len(agent.messages) + 1))


ELSEWHERE = '{"protocol": 1, "host": "192.0.2.1", "port": 9, "token": "0123456789abcdef"}'


@pytest.mark.parametrize("content", ["", "{", "[]", '{"protocol": 1}', ELSEWHERE])
def test_AC7_a_hook_file_that_names_no_agent_on_this_machine_is_as_good_as_none(content: str, hook_file: Path) -> None:
    hook_file.write_text(content)
    trainer = Trainer(hook_file)
    trainer.log(1)
    agent = Listener(hook_file)
    agent.wait_for("scalars")
    trainer.end()
    agent.die()


def test_an_uncaught_exception_of_any_trainer_is_reported_with_its_last_line(agent: Listener, hook_file: Path) -> None:
    code = """
from torch.utils.tensorboard import SummaryWriter
SummaryWriter().add_scalar("loss", 0.5, 1)
raise MemoryError("no room for a batch")
"""
    done = run("-c", code, env=environment(hook_file, path=(FAKE_ONETRAINER,)))
    agent.wait_until_disconnected()

    assert done.returncode == 1
    assert [message["message"] for message in agent.of("error")] == ["MemoryError: no room for a batch"]
