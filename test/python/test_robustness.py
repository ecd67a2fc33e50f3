"""Whatever is wrong with us or unusual about the trainer, it trains as if we were not there."""

from pathlib import Path

import pytest

from support.child import FAKE_ONETRAINER, PRESENT, TRAIN, environment, run
from support.expected import expected_of, flattened
from support.listener import Listener

BREAKAGES = {
    "the queue": "import runcast.hook.recording as r; r.begin = r._records = None",
    "the clock": "import runcast.hook.tensorboard as t, runcast.hook.onetrainer.callbacks as c; t.time = c.time = None",
    "the thread": "import threading; threading.Thread.start = None",
    "the connection": "import runcast.hook.connection as c; c.Connection = None",
    "the messages": "import runcast.hook.messages as m; m._FIELDS.clear()",
    "the modules": "import sys; sys.modules['runcast.hook.tensorboard'] = sys.modules['runcast.hook.onetrainer.trainer'] = None",
}


@pytest.mark.parametrize("broken", BREAKAGES)
def test_PR6_a_defect_of_ours_never_reaches_the_trainer(broken: str, agent: Listener, hook_file: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(BREAKAGES[broken])
    done = run(TRAIN, "full", "--speed", 0, "--run-dir", tmp_path, env=environment(hook_file, path=(tmp_path,)))

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_what_cannot_be_read_is_said_once_and_the_rest_arrives(agent: Listener, hook_file: Path) -> None:
    # A call that works begins the session; before it nothing can be said.
    code = """
from modules.util.callbacks.TrainCallbacks import TrainCallbacks
callbacks = TrainCallbacks()
callbacks.on_update_status("loading the model")
for _ in range(3):
    callbacks.on_update_train_progress(None, 8, 3)
callbacks.on_update_status("Saving")
"""
    done = run("-c", code, env=environment(hook_file, path=(FAKE_ONETRAINER,)))
    agent.wait_until_disconnected()

    assert (done.returncode, done.stderr) == (0, "")
    assert [status["text"] for status in agent.of("status_text")] == ["loading the model", "Saving"]
    [warning] = agent.of("log")
    assert warning["message"].startswith("runcast could not read on_update_train_progress: AttributeError")


def test_results_and_exceptions_of_what_is_wrapped_pass_untouched(agent: Listener, hook_file: Path) -> None:
    code = """
from torch.utils.tensorboard import SummaryWriter
try:
    SummaryWriter().add_scalar("loss", "no number", 1)
except ValueError as error:
    print(error)
"""
    done = run("-c", code, env=environment(hook_file, path=(FAKE_ONETRAINER,)))

    assert done.stdout == "could not convert string to float: 'no number'\n"
    assert agent.hellos == []


def test_a_gui_that_trains_twice_in_threads_is_one_session_with_two_trainings(agent: Listener, hook_file: Path, tmp_path: Path) -> None:
    code = f"""
import sys, threading
sys.path.insert(0, {str(FAKE_ONETRAINER)!r})
from modules.util import create
from modules.util.callbacks.TrainCallbacks import TrainCallbacks
from modules.util.commands.TrainCommands import TrainCommands
from modules.util.config.TrainConfig import TrainConfig
from replay.clock import Clock
from replay.recording import load
from replay.stage import Stage

def train(name):
    callbacks = TrainCallbacks()
    config = TrainConfig({str(tmp_path)!r} + "/workspace", 3)
    trainer = create.create_trainer(config, callbacks, TrainCommands(), Stage(load(name), Clock([], 0), {str(tmp_path)!r}))
    trainer.start()
    try:
        trainer.train()
        status = "Stopped"
    except Exception:
        status = "Error: check the console for details"
    trainer.end()
    callbacks.on_update_status(status)

for name in ("nan", "stopped"):
    thread = threading.Thread(target=train, args=(name,))
    thread.start()
    thread.join()
"""
    done = run("-c", code, env=environment(hook_file))
    agent.wait_until_disconnected()

    assert (done.returncode, done.stderr) == (0, "")
    assert len(agent.hellos) == 1
    kinds = [message["type"] for message in agent.messages]
    assert [kind for kind in kinds if kind in ("run_info", "error", "end", "stop_requested")] == [
        "run_info", "error", "run_info", "stop_requested", "end"
    ]  # fmt: skip
    texts = [status["text"] for status in agent.of("status_text")]
    assert texts[-1] == "Stopped" and "Error: check the console for details" in texts


def test_ctrl_c_in_a_training_is_a_stop_that_was_asked_for_and_no_error(agent: Listener, hook_file: Path, tmp_path: Path) -> None:
    code = f"""
import sys
sys.path.insert(0, {str(FAKE_ONETRAINER)!r})
from modules.trainer.GenericTrainer import GenericTrainer
from replay.clock import Clock
Clock.advance = lambda self, t: (_ for _ in ()).throw(KeyboardInterrupt) if t > 10 else None
sys.argv = ["train.py", "full", "--run-dir", {str(tmp_path)!r}]
import runpy
runpy.run_path({str(TRAIN)!r}, run_name="__main__")
"""
    run("-c", code, env=environment(hook_file))
    agent.wait_until_disconnected()

    assert len(agent.of("stop_requested")) == 1
    assert agent.of("error") == agent.of("end") == []


@pytest.mark.parametrize(("version", "python"), PRESENT.items())
def test_the_hook_works_on_each_supported_python(
    version: str, python: str, agent: Listener, hook_file: Path, tmp_path: Path
) -> None:
    done = run(TRAIN, "stopped", "--speed", 0, "--run-dir", tmp_path, env=environment(hook_file), python=python)
    agent.wait_until_disconnected()

    assert (done.returncode, done.stderr) == (0, "")
    assert agent.hellos[0]["python"].startswith(version + ".")
    assert flattened(agent.messages)[1:] == expected_of("stopped", str(tmp_path))
