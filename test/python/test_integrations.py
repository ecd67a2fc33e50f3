"""Callbacks and loggers for other libraries. The libraries are stand-ins; `examples/trainers/` has the real ones."""

from pathlib import Path

import pytest

from support.child import REPOSITORY, environment, run, start
from support.listener import Listener

STAND_INS = REPOSITORY / "test" / "python" / "stand_in_trainers"

HUGGING_FACE = """
from runcast.integrations.transformers import RuncastCallback
from transformers import train
train(RuncastCallback(), report_to={report_to!r})
"""


def environ(hook_file: Path) -> dict[str, str]:
    return environment(hook_file, path=(STAND_INS, REPOSITORY / "python"))


def test_EV1_a_hugging_face_trainer_tells_its_figures_progress_and_end(agent: Listener, hook_file: Path) -> None:
    done = run("-c", HUGGING_FACE.format(report_to=()), env=environ(hook_file))
    agent.wait_until_disconnected()

    assert (done.returncode, done.stderr) == (0, "")
    info = agent.of("run_info")[-1]
    assert (info["name"], info["config"]) == ("tiny", {"training": {"learning_rate": 5e-05}})
    progress = [
        (told["global_step"], told["epoch"], told["epoch_step"], told["max_step"], told["max_epoch"]) for told in agent.of("progress")
    ]
    assert progress[:5] == [(1, 0, 1, 4, 2), (2, 0, 2, 4, 2), (3, 0, 3, 4, 2), (4, 1, 0, 4, 2), (5, 1, 1, 4, 2)]
    rows = [row[1:] for message in agent.of("scalars") for row in message["rows"]]
    assert [row for row in rows if row[0] == "train/loss"] == [["train/loss", 1 / step, step] for step in range(1, 9)]
    assert ["eval/loss", 0.5, 8] in rows
    assert agent.messages[-1]["type"] == "end"


def test_EV1_figures_that_are_written_to_tensorboard_are_not_told_twice(agent: Listener, hook_file: Path) -> None:
    run("-c", HUGGING_FACE.format(report_to=("tensorboard",)), env=environ(hook_file))
    agent.wait_until_disconnected()

    assert agent.of("scalars") == []
    assert len(agent.of("progress")) == 8


STEERED_HUGGING_FACE = """
import time
from runcast.hook import explicit
from runcast.integrations.transformers import RuncastCallback
from transformers import train

def between(step):
    while step == 3 and not explicit.waiting:
        time.sleep(0.01)

print("saved", train(RuncastCallback(), between=between), flush=True)
"""


def test_CM3_a_stop_with_save_ends_a_hugging_face_training_after_a_checkpoint(agent: Listener, hook_file: Path) -> None:
    child = start("-c", STEERED_HUGGING_FACE, env=environ(hook_file))
    agent.wait_for("progress")
    agent.command(id="c1", command="stop", save=True)
    assert child.wait(timeout=20) == 0
    agent.wait_until_disconnected()

    assert child.stdout.read() == "saved [3]\n"
    assert [told["state"] for told in agent.of("command_update")][-1] == "applied"


LIGHTNING = """
from argparse import Namespace
from types import SimpleNamespace
from runcast.integrations.lightning import RuncastCallback, RuncastLogger

logger, callback = RuncastLogger("a line"), RuncastCallback()
trainer = SimpleNamespace(is_global_zero=True, num_training_batches=3, max_epochs=2, current_epoch=0, global_step=0, sanity_checking=False)
logger.log_hyperparams(Namespace(lr=0.01))
callback.on_train_start(trainer, None)
for epoch in range(2):
    trainer.current_epoch = epoch
    for batch in range(3):
        trainer.global_step += 1
        callback.on_train_batch_end(trainer, None, None, None, batch)
        logger.log_metrics({{"loss/train": 0.5, "epoch": epoch}}, step=trainer.global_step)
    callback.on_validation_start(trainer, None)
    callback.on_validation_end(trainer, None)
{end}
"""


@pytest.mark.parametrize(
    ("end", "told"),
    [
        ('logger.finalize("success")', "end"),
        ('callback.on_exception(trainer, None, ValueError("too hot"))', "error"),
    ],
)
def test_EV1_a_lightning_training_tells_its_figures_progress_and_end(agent: Listener, hook_file: Path, end: str, told: str) -> None:
    done = run("-c", LIGHTNING.format(end=end), env=environ(hook_file))
    agent.wait_until_disconnected()

    assert (done.returncode, done.stderr) == (0, "")
    info = agent.of("run_info")[-1]
    assert (info["name"], info["config"]) == ("a line", {"lr": 0.01})
    assert [message["global_step"] for message in agent.of("progress")] == [1, 2, 3, 4, 5, 6]
    rows = [row[1:] for message in agent.of("scalars") for row in message["rows"]]
    assert rows == [["loss/train", 0.5, step] for step in range(1, 7)]
    assert [message["phase"] for message in agent.of("status")] == ["training", "validating", "training", "validating", "training"]
    assert agent.messages[-1]["type"] == told


def test_PR6_without_runcast_run_they_do_nothing(hook_file: Path) -> None:
    env = environment(None, path=(STAND_INS, REPOSITORY / "python"))
    done = run("-c", HUGGING_FACE.format(report_to=()), env=env)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


BLOCK = """
import runcast
with runcast.init("in a block"):
    runcast.log({{"loss": 1.0}}, step=1)
    {last}
"""


@pytest.mark.parametrize(
    ("last", "end"),
    [
        ("pass", {"type": "end"}),
        ("raise KeyboardInterrupt", {"type": "end"}),
        ("raise ValueError('too hot')", {"type": "error", "message": "ValueError: too hot"}),
    ],
)
def test_EV4_a_training_in_a_block_ends_with_it(agent: Listener, hook_file: Path, last: str, end: dict[str, str]) -> None:
    run("-c", BLOCK.format(last=last), env=environ(hook_file))
    agent.wait_until_disconnected()

    ends = [message for message in agent.messages if message["type"] in ("end", "error")]
    assert {key: ends[0].get(key) for key in end} == end
