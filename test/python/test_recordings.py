"""The hook against recordings of real OneTrainer runs, each field of each message."""

import math
import time
from pathlib import Path

import pytest

from support.child import TRAIN, environment, run
from support.expected import NAN, expected_of, flattened
from support.listener import Listener


@pytest.mark.parametrize("recording", ["full", "stopped", "resumed", "nan"])
def test_every_call_of_a_recorded_run_arrives_in_order_with_every_field(
    recording: str, agent: Listener, hook_file: Path, tmp_path: Path
) -> None:
    began = time.time()
    done = run(TRAIN, recording, "--speed", 0, "--run-dir", tmp_path, env=environment(hook_file))
    agent.wait_until_disconnected()

    assert done.returncode == (1 if recording == "nan" else 0)
    info, *rest = flattened(agent.messages)
    assert info["type"] == "run_info"
    assert rest == expected_of(recording, str(tmp_path))
    assert [message["n"] for message in agent.messages] == list(range(1, len(agent.messages) + 1))
    times = [message["t"] for message in agent.messages]
    assert times == sorted(times)
    assert began <= times[0] and times[-1] <= time.time()
    assert all(Path(sample["path"]).read_bytes().startswith(b"\xff\xd8") for sample in agent.of("sample"))


def test_EV2_a_validation_loss_of_nan_travels_as_text(agent: Listener, hook_file: Path, tmp_path: Path) -> None:
    run(TRAIN, "nan", "--speed", 0, "--run-dir", tmp_path, env=environment(hook_file))
    agent.wait_until_disconnected()

    rows = [row for message in agent.of("scalars") for row in message["rows"]]
    assert [row[1:] for row in rows if row[2] == "NaN"] == [["loss/validation_step/held out", "NaN", 0]]
    assert all(math.isfinite(row[2]) for row in rows if row[2] != "NaN")


def test_the_configuration_arrives_before_everything_else_as_plain_json(agent: Listener, hook_file: Path, tmp_path: Path) -> None:
    run(TRAIN, "full", "--speed", 0, "--run-dir", tmp_path, env=environment(hook_file))
    agent.wait_until_disconnected()

    [info] = agent.of("run_info")
    assert info["n"] == 1
    assert info["trainer"] == "onetrainer"
    assert info["config"] == {
        "workspace_dir": f"{tmp_path}/workspace",
        "epochs": 3,
        "learning_rate": 0.001,
        "clip_grad_norm": "Infinity",
        "undefined": "NaN",
        "betas": [0.9, 0.999],
        "device": "cpu",
        "optimizer": {"optimizer": "ADAMW", "weight_decay": 0.01},
    }


def test_an_exception_that_ends_the_training_is_reported_once_as_python_prints_it(agent: Listener, hook_file: Path, tmp_path: Path) -> None:
    done = run(TRAIN, "nan", "--speed", 0, "--run-dir", tmp_path, env=environment(hook_file))
    agent.wait_until_disconnected()

    assert [message["message"] for message in agent.of("error")] == [NAN]
    assert done.stderr.splitlines()[-1] == NAN
    assert agent.of("end") == []


def test_PR6_a_trainer_prints_and_exits_as_it_does_without_the_hook(agent: Listener, hook_file: Path, tmp_path: Path) -> None:
    def outcome(recording: str, hook: Path | None) -> tuple[int, str, str]:
        done = run(TRAIN, recording, "--speed", 0, "--console", "--run-dir", tmp_path, env=environment(hook))
        return done.returncode, done.stdout, done.stderr

    for recording in ("full", "nan"):
        assert outcome(recording, hook_file) == outcome(recording, None)
    assert outcome("stopped", hook_file.with_name("no-agent-here.json")) == outcome("stopped", None)
