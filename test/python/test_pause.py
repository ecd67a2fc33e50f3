"""Pause and resume: the training thread is held in its callback, and goes on whatever becomes of the agent."""

import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.child import FAKE_ONETRAINER, environment, start
from support.listener import Listener, until
from support.stepped import SteppedTraining

Start = Callable[..., SteppedTraining]

STOP_FROM_ANOTHER_THREAD = """
import signal, threading
def stop():
    signal.sigwait({signal.SIGUSR1})
    from runcast.hook.onetrainer.live import live_training
    live_training().commands.stop()
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
threading.Thread(target=stop, daemon=True).start()
"""
"""What OneTrainer's window does when its button is pressed."""


@pytest.fixture
def training(agent: Listener, hook_file: Path, tmp_path: Path) -> Iterator[Start]:
    """Starts trainings that have told of their first step."""
    started: list[SteppedTraining] = []

    def begin(setup: str = "", **env: str) -> SteppedTraining:
        started.append(SteppedTraining(agent, hook_file, tmp_path, setup, **env))
        return started[-1]

    yield begin
    for each in started:
        each.signal(signal.SIGKILL)
        each.close()


def pause(stepped: SteppedTraining, id: str = "p1") -> None:
    """Pauses at the next step."""
    stepped.ask(id, "pause")
    stepped.step()
    assert stepped.answer(id)[0] == "applied"


def steps(agent: Listener) -> list[int]:
    return [message["global_step"] for message in agent.of("progress")]


def statuses(agent: Listener) -> list[tuple[str, str | None, str | None]]:
    return [(message["status"], message["phase"], message["message"]) for message in agent.of("status")]


def test_CM3_a_pause_holds_the_training_at_a_step_and_a_resume_lets_it_go_on_from_there(agent: Listener, training: Start) -> None:
    stepped = training()
    stepped.ask("p1", "pause")
    assert not stepped.answers("p1"), "the training thread has not come by"
    stepped.go_on(steps=3)

    assert stepped.answer("p1") == ("applied", 2, None)
    stepped.ask("x1", "exec")
    assert steps(agent) == [1, 2]
    assert statuses(agent) == [("paused", None, None)]

    stepped.ask("r1", "resume")
    assert stepped.answer("r1") == ("applied", 2, None)
    agent.wait_for("progress", 4)
    assert steps(agent) == [1, 2, 3, 4]
    assert statuses(agent) == [("paused", None, None), ("running", "training", None)]
    assert stepped.close() == 0
    assert not agent.of("log")
    assert stepped.printed == ""


@pytest.mark.skipif(sys.platform != "linux", reason="counts wake-ups as Linux does")
def test_CM3_a_training_that_is_paused_costs_no_more_than_a_few_wake_ups(training: Start) -> None:
    stepped = training()
    pause(stepped)
    before = wake_ups_of_the_main_thread(stepped.pid)
    for number in range(20):  # each takes the sender, which runs on, one of its intervals
        stepped.ask(f"x{number}", "exec")

    assert wake_ups_of_the_main_thread(stepped.pid) - before <= 3


def wake_ups_of_the_main_thread(pid: int) -> int:
    told = Path(f"/proc/{pid}/task/{pid}/status").read_text(encoding="utf-8")
    return sum(int(line.split()[1]) for line in told.splitlines() if "ctxt_switches" in line)


def test_CM3_a_stop_ends_a_pause_at_once(agent: Listener, training: Start) -> None:
    stepped = training()
    pause(stepped)
    stepped.ask("s1", "stop")
    agent.wait_for("status", 2)
    stepped.go_on()

    assert stepped.answer("s1") == ("applied", 2, None)
    assert stepped.close() == 0
    agent.wait_until_disconnected()
    assert steps(agent) == [1, 2]
    assert [status["text"] for status in agent.of("status_text")][-2:] == ["Creating backup", "Saving the final model"]
    assert [message["type"] for message in agent.messages if message["type"] in ("status", "stop_requested", "end")] == [
        "status", "stop_requested", "status", "end",
    ]  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="asks for the stop by a signal")
def test_CM3_a_stop_in_the_trainers_own_window_ends_a_pause_at_once(agent: Listener, training: Start) -> None:
    stepped = training(STOP_FROM_ANOTHER_THREAD)
    pause(stepped)
    stepped.signal(signal.SIGUSR1)
    agent.wait_for("status", 2)
    stepped.go_on()
    agent.wait_for("end")

    assert steps(agent) == [1, 2]
    assert stepped.close() == 0


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal as a terminal does")
def test_CM3_ctrl_c_gets_through_to_a_training_that_is_paused(agent: Listener, training: Start) -> None:
    stepped = training()
    pause(stepped)
    stepped.signal(signal.SIGINT)
    agent.wait_for("stop_requested")

    assert stepped.close() == -signal.SIGINT
    assert "KeyboardInterrupt" in stepped.printed
    agent.wait_until_disconnected()
    assert [status for status, *_ in statuses(agent)] == ["paused", "running"]
    assert steps(agent) == [1, 2]


def test_CM3_an_agent_that_was_killed_finds_the_training_paused_and_can_resume_it(
    agent: Listener, training: Start, hook_file: Path
) -> None:
    stepped = training()
    pause(stepped)
    stepped.go_on(steps=30)
    agent.die()
    stepped.agent = back = Listener(hook_file, agent.spool)
    until(lambda: back.hellos, "the hook to come back")
    stepped.ask("x1", "exec")
    assert steps(back) == [1, 2]

    stepped.ask("r1", "resume")
    assert stepped.answer("r1") == ("applied", 2, None)
    assert stepped.close() == 0
    back.die()


def test_PR6_an_agent_that_is_back_is_an_agent(agent: Listener, training: Start, hook_file: Path) -> None:
    stepped = training("from runcast.hook import pausing; pausing.PAUSE_WITHOUT_AGENT_SECONDS = 0")
    agent.die()
    stepped.agent = back = Listener(hook_file, agent.spool)
    until(lambda: back.hellos, "the hook to come back")
    pause(stepped)
    stepped.ask("x1", "exec")

    assert statuses(back) == [("paused", None, None)]
    back.die()
    assert stepped.close() == 0


def test_PR6_with_no_agent_for_long_a_paused_training_goes_on_and_says_so(agent: Listener, training: Start, hook_file: Path) -> None:
    stepped = training("from runcast.hook import pausing; pausing.PAUSE_WITHOUT_AGENT_SECONDS = 0.3")
    pause(stepped)
    agent.die()

    assert stepped.close() == 0
    reason = "no agent for 0.3 seconds, so nobody can resume: the training goes on"
    assert stepped.printed == f"runcast: {reason}\n"


def test_PR6_a_pause_ends_at_its_limit_and_says_so(agent: Listener, training: Start) -> None:
    stepped = training(RUNCAST_PAUSE_LIMIT="0.3")
    pause(stepped)
    stepped.step()

    reason = "the pause reached its limit of 0.3 seconds: the training goes on"
    assert statuses(agent) == [("paused", None, None), ("running", "training", reason)]
    assert [(message["level"], message["message"]) for message in agent.of("log")] == [("warning", reason)]
    stepped.ask("r1", "resume")
    assert stepped.answer("r1") == ("rejected", 3, "the training is not paused")


def test_CM3_what_cannot_be_paused_or_resumed_is_rejected_with_why(training: Start) -> None:
    stepped = training()
    stepped.ask("r1", "resume")
    assert stepped.answer("r1") == ("rejected", 1, "the training is not paused")
    stepped.ask("p1", "pause")
    stepped.ask("p2", "pause")
    assert stepped.answer("p2") == ("rejected", 1, "a pause has been asked for already")
    stepped.go_on()
    assert stepped.answer("p1") == ("applied", 2, None)
    stepped.ask("p3", "pause")
    assert stepped.answer("p3") == ("rejected", 2, "the training is paused already")
    for command in ("sample", "backup", "save"):
        stepped.ask(command, command)
        assert stepped.answer(command) == ("rejected", 2, "the training is paused")


def test_CM3_a_pause_and_a_resume_before_it_was_reached_end_once_each(agent: Listener, training: Start) -> None:
    stepped = training()
    stepped.ask("p1", "pause")
    stepped.ask("r1", "resume")

    assert stepped.answer("p1") == ("failed", 1, "a resume came before the training could be held")
    assert stepped.answer("r1") == ("applied", 1, None)
    stepped.step()
    stepped.step()
    assert statuses(agent) == []
    assert stepped.close() == 0
    agent.wait_until_disconnected()
    assert [update["id"] for update in agent.of("command_update") if not update["id"].startswith("heard")] == ["p1", "r1"]


def test_CM3_a_stop_before_a_pause_was_reached_and_a_pause_after_a_stop(agent: Listener, training: Start) -> None:
    stepped = training()
    stepped.ask("p1", "pause")
    stepped.ask("s1", "stop")
    stepped.ask("p2", "pause")
    stepped.go_on()

    assert stepped.answer("p1") == ("failed", 1, "a stop came before the training could be held")
    assert stepped.answer("p2") == ("rejected", 1, "a stop has been asked for")
    assert stepped.answer("s1") == ("applied", 1, None)
    assert stepped.close() == 0
    agent.wait_until_disconnected()
    assert statuses(agent) == []
    assert [update["id"] for update in agent.of("command_update") if not update["id"].startswith("heard")] == ["p1", "p2", "s1"]


def test_CM3_a_pause_that_the_training_ends_before_it_is_reached_fails(agent: Listener, training: Start) -> None:
    stepped = training()
    stepped.go_on(steps=26)
    agent.wait_for("progress", 27)  # the last
    stepped.ask("p1", "pause")

    assert stepped.close() == 0
    agent.wait_until_disconnected()
    assert stepped.answer("p1") == ("failed", 24, "the training ended before the command was taken up")


WAIT_BEFORE_STEP_2 = """
def wait_before_step_2(self, train_progress, max_step, max_epoch):
    if train_progress.global_step == 2:
        sys.stdin.readline()
    wait_for_a_line(self, train_progress, max_step, max_epoch)
TrainCallbacks.on_update_train_progress = wait_before_step_2
"""


def test_CM3_what_was_asked_for_before_a_pause_is_done_before_it(agent: Listener, training: Start) -> None:
    stepped = training(WAIT_BEFORE_STEP_2)
    stepped.go_on()
    until(lambda: [status["text"] for status in agent.of("status_text")].count("Training ...") == 2, "the second step")
    stepped.ask("b1", "backup")
    stepped.ask("p1", "pause")
    stepped.ask("b2", "save")
    assert stepped.answer("b2") == ("rejected", 1, "the training is about to be paused")
    stepped.step()
    assert not stepped.answers("p1"), "OneTrainer takes the backup up after the callback"
    stepped.go_on()
    assert stepped.answer("b1") == ("applied", 2, None)
    stepped.go_on(steps=30)

    state, step, error = stepped.answer("p1")
    assert (state, error) == ("applied", None)
    assert steps(agent)[-1] == step


TWICE = """
import runpy
once = runpy.run_path
def twice(script, run_name):
    try:
        once(script, run_name=run_name)
    except SystemExit:
        once(script, run_name=run_name)
runpy.run_path = twice
"""


def test_CM3_a_pause_that_one_training_did_not_reach_does_not_hold_the_next_one(agent: Listener, training: Start) -> None:
    stepped = training(TWICE)
    stepped.go_on(steps=26)
    agent.wait_for("progress", 27)  # the last
    stepped.ask("p1", "pause")
    stepped.go_on(steps=28)

    agent.wait_for("progress", 2 * 27)
    assert stepped.answer("p1") == ("failed", 24, "the training ended before the command was taken up")


def test_CM3_a_training_without_a_step_yet_cannot_be_paused(agent: Listener, hook_file: Path, tmp_path: Path) -> None:
    code = f"""
import sys
sys.path.insert(0, {str(FAKE_ONETRAINER)!r})
from modules.util import create
from modules.util.callbacks.TrainCallbacks import TrainCallbacks
from modules.util.commands.TrainCommands import TrainCommands
from modules.util.config.TrainConfig import TrainConfig
callbacks = TrainCallbacks()
trainer = create.create_trainer(TrainConfig({str(tmp_path)!r}, epochs=3), callbacks, TrainCommands())
callbacks.on_update_status("loading the model")
sys.stdin.read()
"""
    child = start("-c", code, env=environment(hook_file))
    agent.wait_for("status_text")
    agent.command(id="p1", command="pause")
    [update] = agent.wait_for("command_update")
    child.communicate("")

    reason = "no training that has told of a step is running, and only at a step can one be held"
    assert (update["state"], update["global_step"], update["error"]) == ("rejected", None, reason)


def test_CM3_a_training_of_several_processes_is_not_paused_because_the_others_wait(agent: Listener, hook_file: Path) -> None:
    child = start("-c", "import sys, runcast; runcast.progress(1); sys.stdin.read()", env=environment(hook_file, WORLD_SIZE="2"))
    agent.wait_for("progress")
    agent.command(id="p1", command="pause")
    [update] = agent.wait_for("command_update")
    child.communicate("")

    reason = "a training of several processes cannot be paused: those that wait for this one would give up"
    assert (update["state"], update["error"]) == ("rejected", reason)


EXPLICIT = """
import sys
import runcast

seen = []
runcast.on_command(lambda command: seen.append(command.name))
runcast.status("running", phase="warm-up", message="lap 1")
for step, line in enumerate(sys.stdin, start=1):
    runcast.progress(step)
    print(step, seen, flush=True)
runcast.finish()
runcast.log("finished")
sys.stdin.close()
"""


def test_CM3_the_explicit_api_is_held_too_and_its_handler_is_not_asked(agent: Listener, hook_file: Path) -> None:
    child = start("-c", EXPLICIT, env=environment(hook_file))

    def answer(id: str) -> tuple[str, int | None, str | None]:
        [update] = until(lambda: [update for update in agent.of("command_update") if update["id"] == id], f"an answer to {id}")
        return update["state"], update["global_step"], update["error"]

    def step() -> None:
        child.stdin.write("\n")
        child.stdin.flush()

    step()
    agent.wait_for("progress")
    agent.command(id="p1", command="pause")
    agent.command(id="x1", command="exec")
    answer("x1")
    step()
    assert answer("p1") == ("applied", 2, None)
    agent.command(id="r1", command="resume")
    assert answer("r1") == ("applied", 2, None)
    assert statuses(agent) == [("running", "warm-up", "lap 1"), ("paused", None, None), ("running", "warm-up", "lap 1")]

    agent.command(id="p2", command="pause")
    agent.command(id="x2", command="exec")
    answer("x2")
    step()
    assert answer("p2") == ("applied", 3, None)
    agent.command(id="s1", command="stop")
    assert answer("s1") == ("applied", 3, None)

    agent.command(id="p3", command="pause")
    agent.command(id="x3", command="exec")
    answer("x3")
    printed, _ = child.communicate()
    agent.wait_until_disconnected()
    assert printed.splitlines() == ["1 []", "2 []", "3 ['stop']"]
    assert answer("p3") == ("failed", 3, "the training ended before the command was taken up")
