"""The explicit API."""

import inspect
from pathlib import Path

import pytest

from support.child import REPOSITORY, environment, run, start
from support.listener import Listener, until

PYTHON = REPOSITORY / "python"

TRAINING = """
import math
import runcast

runcast.init("my run", config={"learning_rate": 1e-3, "path": __import__("pathlib").PurePosixPath("/a")})
runcast.status("running", phase="training", message="off it goes")
runcast.log({"loss": 0.5, "wild": math.nan}, step=3)
runcast.log("half of it done", level="warning")
runcast.progress(3, epoch=0, epoch_step=3, max_step=8, max_epoch=2)
runcast.image("picture.png", step=3, epoch=0, prompt="a circle")
runcast.finish()
"""


def test_every_function_says_what_it_was_given(agent: Listener, hook_file: Path, tmp_path: Path) -> None:
    done = run("-c", TRAINING, env=environment(hook_file), cwd=tmp_path)
    agent.wait_until_disconnected()

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    told = [{key: value for key, value in message.items() if key not in ("n", "t")} for message in agent.messages]
    [[_, *loss], [_, *wild]] = next(message.pop("rows") for message in told if message["type"] == "scalars")
    assert (loss, wild) == (["loss", 0.5, 3], ["wild", "NaN", 3])
    assert told == [
        {"type": "run_info", "trainer": "python", "name": "my run", "config": {"learning_rate": 0.001, "path": "/a"}},
        {"type": "status", "status": "running", "phase": "training", "message": "off it goes", "error": None},
        {"type": "scalars"},
        {"type": "log", "level": "warning", "message": "half of it done"},
        {"type": "progress", "epoch": 0, "epoch_step": 3, "global_step": 3, "max_step": 8, "max_epoch": 2},
        {
            "type": "sample",
            "sample_type": "default",
            "path": str(tmp_path / "picture.png"),
            "step": 3,
            "epoch": 0,
            "prompt": "a circle",
        },
        {"type": "end"},
    ]


STEERED = """
import sys
import runcast

seen = []

def obey(command):
    seen.append((command.name, command.fields))
    if command.name == "save":
        raise RuntimeError("nothing to save yet")

runcast.on_command(obey)
for step, _ in enumerate(sys.stdin, start=1):
    runcast.progress(step)
    print(seen, flush=True)
runcast.finish()
"""


BY_NAME = """
import sys
import runcast

runcast.on_command("stop", lambda command: print("stopped", flush=True))
runcast.on_command("save", lambda command: print("saved", flush=True))
runcast.on_command("save", None)
for step, _ in enumerate(sys.stdin, start=1):
    runcast.progress(step)
    print("step", flush=True)
try:
    runcast.on_command("explode", print)
except ValueError as problem:
    print(problem, flush=True)
"""


def test_CM3_a_function_may_be_for_one_command_and_others_are_refused_in_words(agent: Listener, hook_file: Path) -> None:
    child = start("-c", BY_NAME, env=environment(hook_file))
    child.stdin.write("\n")
    child.stdin.flush()
    assert child.stdout.readline() == "step\n"
    agent.wait_for("progress")
    agent.command(id="c1", command="stop")
    agent.command(id="c2", command="save")
    agent.wait_for("command_update")
    child.stdin.write("\n")
    child.stdin.flush()
    assert [child.stdout.readline() for _ in range(2)] == ["stopped\n", "step\n"]
    agent.wait_for("command_update", 2)
    child.stdin.close()
    assert child.stdout.readline().startswith("'explode' is none of")
    updates = {update["id"]: (update["state"], update["error"]) for update in agent.of("command_update")}
    assert updates == {"c1": ("applied", None), "c2": ("rejected", "this training takes no save, only stop")}


def test_CM3_a_trainers_own_function_carries_commands_out_between_two_steps(agent: Listener, hook_file: Path) -> None:
    child = start("-c", STEERED, env=environment(hook_file))

    def step() -> str:
        child.stdin.write("\n")
        child.stdin.flush()
        return child.stdout.readline()

    step()
    agent.wait_for("progress")
    asked = {"c1": ("sample", {"prompt": "a circle", "steps": 4}), "c2": ("save", {}), "c3": ("stop", {"save": True}), "c4": ("resume", {})}
    for id, (command, fields) in asked.items():
        agent.command(id=id, command=command, **fields)
    agent.wait_for("command_update")  # the last one is refused at once: by then the others wait for a step
    assert step() == "[('sample', {'prompt': 'a circle', 'steps': 4}), ('save', {}), ('stop', {'save': True})]\n"
    agent.wait_for("command_update", 4)
    agent.command(id="late", command="backup")
    agent.command(id="heard", command="resume")
    until(lambda: any(update["id"] == "heard" for update in agent.of("command_update")), "the hook to have the late command")
    child.communicate()
    agent.wait_until_disconnected()

    told = {update["id"]: (update["state"], update["global_step"], update["error"]) for update in agent.of("command_update")}
    assert told == {
        "c1": ("applied", 2, None),
        "c2": ("failed", 2, "nothing to save yet"),
        "c3": ("applied", 2, None),
        "c4": ("rejected", 1, "the training is not paused"),
        "heard": ("rejected", 2, "the training is not paused"),
        "late": ("failed", 2, "the training ended before the command was taken up"),
    }
    assert len(agent.of("stop_requested")) == 1


def test_a_training_that_fails_says_why(agent: Listener, hook_file: Path) -> None:
    run("-c", "import runcast; runcast.init(); runcast.finish('no data')", env=environment(hook_file))
    agent.wait_until_disconnected()

    assert [message["message"] for message in agent.of("error")] == ["no data"]


def test_without_runcast_run_every_function_does_nothing(tmp_path: Path) -> None:
    done = run("-c", TRAINING + "import threading; print(threading.active_count())", env=environment(None, path=(PYTHON,)), cwd=tmp_path)

    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")


@pytest.mark.parametrize(
    "call",
    ["runcast.status('great')", "runcast.log('x', level='loud')", "runcast.image('x', sample_type='odd')", "runcast.log({'a': 'b'})"],
)
def test_a_wrong_argument_is_the_callers_error_with_or_without_an_agent(call: str, hook_file: Path) -> None:
    for env in (environment(hook_file), environment(None, path=(PYTHON,))):
        assert "ValueError" in run("-c", f"import runcast; {call}", env=env).stderr


def test_the_functions_that_are_exported_are_those_that_exist() -> None:
    import runcast
    from runcast import api

    functions = {name: value for name, value in vars(api).items() if inspect.isfunction(value) and value.__module__ == "runcast.api"}
    public = {name for name in functions if not name.startswith("_")}
    assert public == set(runcast.__all__) - {"__version__", "Command", "Run"}
    assert all(getattr(api, name).__doc__ for name in public)
