"""The demo in examples/paint."""

from pathlib import Path

from support.child import REPOSITORY, environment, start
from support.listener import Listener

PAINT = REPOSITORY / "examples" / "paint" / "paint.py"


def test_the_demo_trains_and_reports_everything_that_a_viewer_shows(agent: Listener, hook_file: Path, tmp_path: Path) -> None:
    child = start(PAINT, "--quick", "--samples", tmp_path, env=environment(hook_file))
    printed, bars = child.communicate(timeout=120)
    agent.wait_until_disconnected()

    assert child.returncode == 0
    assert printed.count("dB on pixels it has not seen") == 3 and "epoch:" in bars
    rows = [row for message in agent.of("scalars") for row in message["rows"]]
    validation = [row[2] for row in rows if row[1] == "loss/validation_step/held out"]
    assert len(validation) == 3 and validation[-1] < 0.05, "it learns"
    steps = [message["global_step"] for message in agent.of("progress")]
    assert steps == sorted(steps) and len([row for row in rows if row[1] == "loss/train_step"]) == steps[-1]
    pictures = [Path(sample["path"]).read_bytes() for sample in agent.of("sample")]
    assert len(set(pictures)) == 4 and all(picture.startswith(b"\x89PNG") for picture in pictures)
    assert agent.of("sample")[0]["step"] == 0
    assert len(agent.of("end")) == 1


def test_CM3_the_demo_stops_and_takes_samples_when_it_is_asked_to(agent: Listener, hook_file: Path, tmp_path: Path) -> None:
    child = start(PAINT, "--quick", "--samples", tmp_path, env=environment(hook_file))
    agent.wait_for("progress")
    for id, command in (("p", "sample"), ("b", "backup"), ("s", "stop")):
        agent.command(id=id, command=command)
    agent.wait_for("command_update", 3)
    child.communicate(timeout=120)
    agent.wait_until_disconnected()

    answers = {update["id"]: (update["state"], update["error"]) for update in agent.of("command_update")}
    assert answers == {"p": ("applied", None), "b": ("failed", "the demo does not know how to backup"), "s": ("applied", None)}
    stopped_at = next(update["global_step"] for update in agent.of("command_update") if update["id"] == "s")
    assert agent.of("progress")[-1]["global_step"] == stopped_at
    assert stopped_at < agent.of("progress")[-1]["max_step"] * 3
    assert child.returncode == 0 and len(agent.of("stop_requested")) == len(agent.of("end")) == 1
