"""Operators' commands, through a real connection into a training that replays a recording."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from runcast.hook.commands import Commands
from runcast.hook.onetrainer import live
from runcast.hook.steering import MARKER, TRAIN_LEFT
from support.child import FAKE_ONETRAINER, TRAIN, environment, run, start
from support.listener import Listener
from support.stepped import SteppedTraining


@pytest.fixture
def training(agent: Listener, hook_file: Path, tmp_path: Path) -> Iterator[SteppedTraining]:
    stepped = SteppedTraining(agent, hook_file, tmp_path)
    yield stepped
    stepped.close()


def test_CM3_a_stop_is_applied_when_the_trainer_has_taken_the_flag_up(training: SteppedTraining) -> None:
    training.ask("s1", "stop")
    assert not training.answers("s1")
    training.go_on()

    assert training.answer("s1") == ("applied", 1, None)
    assert training.close() == 0
    training.agent.wait_until_disconnected()
    assert len(training.agent.of("stop_requested")) == 1
    assert [status["text"] for status in training.agent.of("status_text")][-2:] == ["Creating backup", "Saving the final model"]
    assert training.agent.of("progress")[-1]["global_step"] == 1


def test_CM3_a_sample_is_applied_with_its_picture(training: SteppedTraining) -> None:
    training.ask("p1", "sample")
    training.step()

    assert training.answer("p1") == ("applied", 1, None)
    picture = [message for message in training.agent.of("sample") if message["step"] == 1]
    assert [(message["sample_type"], message["prompt"]) for message in picture] == [("default", "a red circle")]
    update = next(message for message in training.agent.of("command_update") if message["id"] == "p1")
    assert update["n"] > picture[0]["n"]


def test_CM3_samples_with_prompts_of_their_own_carry_them(training: SteppedTraining) -> None:
    training.ask("c1", "sample", prompt="a green square", width=64, height=96, seed=7, steps=3, cfg=2.5, negative_prompt="red")
    training.ask("c2", "sample", prompt="a second one", steps=2)
    training.step()

    assert training.answer("c1") == ("applied", 1, None)
    assert training.answer("c2") == ("applied", 1, None)
    custom = [message["prompt"] for message in training.agent.of("sample") if message["sample_type"] == "custom"]
    assert custom == ["a green square", "a second one"]
    assert [(step["step"], step["max_step"]) for step in training.agent.of("sample_progress") if step["sample_type"] == "custom"] == [
        (1, 3), (2, 3), (3, 3), (1, 2), (2, 2)
    ]  # fmt: skip


@pytest.mark.parametrize("command", ["backup", "save"])
def test_CM3_a_backup_or_a_save_is_applied_with_the_status_after_it(command: str, training: SteppedTraining) -> None:
    training.ask("b1", command)
    training.step()

    assert training.answer("b1") == ("applied", 1, None)


def test_CM1_a_command_that_is_sent_twice_runs_once_and_is_answered_again(training: SteppedTraining) -> None:
    training.ask("d1", "backup")
    training.ask("d1", "backup")
    training.step()
    assert training.answer("d1") == ("applied", 1, None)
    training.ask("d1", "backup")

    assert [update["state"] for update in training.answers("d1")] == ["applied", "applied"]
    training.step()
    assert [status["text"] for status in training.agent.of("status_text")].count("Creating backup") == 1


@pytest.mark.parametrize(
    ("command", "fields", "reason"),
    [
        ("resume", {}, "the training is not paused"),
        ("exec", {}, "unknown command 'exec'"),
        ("sample", {"width": 64}, "a sample of its own needs a prompt"),
        ("sample", {"prompt": "x", "width": 100_000}, "width must lie between 8 and 8192"),
        ("sample", {"prompt": "x", "steps": "many"}, "steps has the wrong type"),
        ("sample", {"prompt": "x" * 5000}, "prompt must lie between 0 and 4096"),
    ],
)
def test_CM2_what_is_not_in_the_list_or_out_of_bounds_is_rejected_with_the_reason(
    command: str, fields: dict, reason: str, training: SteppedTraining
) -> None:
    training.agent.command(id="r1", command=command, **fields)

    assert training.answer("r1") == ("rejected", 1, reason)


def test_a_trainer_without_commands_rejects_them(agent: Listener, hook_file: Path) -> None:
    code = "import sys; from torch.utils.tensorboard import SummaryWriter; SummaryWriter().add_scalar('a', 1.0, 1); sys.stdin.read()"
    child = start("-c", code, env=environment(hook_file, path=(FAKE_ONETRAINER,)))
    agent.wait_for("scalars")
    agent.command(id="x1", command="stop")

    [update] = agent.wait_for("command_update")
    assert (update["state"], update["error"]) == ("rejected", "no training that takes commands is running")
    child.communicate("")


def test_with_several_ranks_the_commands_given_to_create_trainer_are_obeyed(agent: Listener, hook_file: Path, tmp_path: Path) -> None:
    code = f"""
import sys, threading
sys.path.insert(0, {str(FAKE_ONETRAINER)!r})
from modules.util.callbacks.TrainCallbacks import TrainCallbacks
report = TrainCallbacks.on_update_train_progress
def wait_for_a_line(self, train_progress, max_step, max_epoch):
    report(self, train_progress, max_step, max_epoch)
    if __import__("multiprocessing").parent_process() is None:
        sys.stdin.readline()
TrainCallbacks.on_update_train_progress = wait_for_a_line
sys.argv = ["train.py", "full", "--speed", "0", "--world-size", "2", "--run-dir", {str(tmp_path)!r}]
import runpy
runpy.run_path({str(TRAIN)!r}, run_name="__main__")
"""
    script = tmp_path / "ranks.py"
    script.write_text(f"if __name__ == '__main__':\n    exec({code!r})\n")
    child = start(script, env=environment(hook_file))
    agent.wait_for("progress")
    agent.command(id="s1", command="stop")
    agent.wait_for("stop_requested")
    child.communicate("\n\n")
    agent.wait_until_disconnected()

    assert [(update["state"], update["global_step"]) for update in agent.of("command_update")] == [("applied", 1)]
    assert len(agent.of("stop_requested")) == 1, "the inner trainer is told again, which is no second request"


def test_CM3_a_stop_is_applied_also_where_the_training_is_over_before_the_hook_has_marked_it(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[tuple] = []
    queue: list[tuple] = []
    over = [("stop_requested", 0.0), (TRAIN_LEFT, 0.0)]
    obeyed = SimpleNamespace(stop=lambda: queue.extend(over), backup=None, save=None)
    trainer = SimpleNamespace(commands=obeyed, config=None)
    monkeypatch.setattr(live, "_trainer", lambda: trainer)
    commands = Commands(queue.append, lambda *update: said.append(update))
    commands.receive({"id": "s1", "command": "stop"})
    sent = list(commands.observe(queue))

    assert [kind for kind, *_ in queue] == ["stop_requested", TRAIN_LEFT, MARKER]
    assert [kind for kind, *_ in sent] == ["stop_requested"]
    assert said == [("s1", "applied", None, None)]


def test_nothing_is_attached_to_the_commands_of_a_trainer(agent: Listener, hook_file: Path, tmp_path: Path) -> None:
    code = f"""
import pickle, sys
sys.path.insert(0, {str(FAKE_ONETRAINER)!r})
import modules.trainer.GenericTrainer
from modules.util.commands.TrainCommands import TrainCommands
from modules.util.callbacks.TrainCallbacks import TrainCallbacks
commands = TrainCommands()
commands.stop()
print(sorted(vars(commands)), pickle.loads(pickle.dumps(commands)).get_stop_command(), TrainCallbacks().on_update_status("Saving"))
"""
    done = run("-c", code, env=environment(hook_file))

    assert done.stdout == "['_custom', '_flags', '_stop'] True None\n"
