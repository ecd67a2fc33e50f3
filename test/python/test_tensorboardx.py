"""A training that logs with the real tensorboardX, and writers that forward to each other."""

from pathlib import Path

from support.child import FAKE_ONETRAINER, environment, run
from support.listener import Listener

TRAINING = """
import math
from tensorboardX import SummaryWriter

weight, writer = 4.0, SummaryWriter({folder!r})
for step in range(20):
    gradient = 2 * (weight - 1)
    weight -= 0.1 * gradient
    writer.add_scalar("loss", (weight - 1) ** 2, step)
    writer.add_scalar(tag="weight", scalar_value=weight, global_step=step)
writer.add_scalars("ends", {{"low": -math.inf, "high": math.inf}}, 20)
writer.add_scalar("loss", math.nan, 20)
writer.close()
"""


def test_a_training_that_logs_with_tensorboardx_is_reported_scalar_by_scalar(agent: Listener, hook_file: Path, tmp_path: Path) -> None:
    done = run("-c", TRAINING.format(folder=str(tmp_path / "board")), env=environment(hook_file))
    agent.wait_until_disconnected()

    assert done.returncode == 0, done.stderr
    weight, expected = 4.0, []
    for step in range(20):
        weight -= 0.1 * (2 * (weight - 1))
        expected += [["loss", (weight - 1) ** 2, step], ["weight", weight, step]]
    expected += [["ends/low", "-Infinity", 20], ["ends/high", "Infinity", 20], ["loss", "NaN", 20]]
    assert [row[1:] for message in agent.of("scalars") for row in message["rows"]] == expected
    assert [info["trainer"] for info in agent.of("run_info")] == ["tensorboard"]
    assert list((tmp_path / "board").rglob("events.out.tfevents.*")), "the writer wrote its own files as ever"


def test_a_writer_built_upon_a_watched_one_is_reported_once(agent: Listener, hook_file: Path) -> None:
    code = """
from torch.utils.tensorboard import SummaryWriter
class Mine(SummaryWriter):
    def add_scalar(self, tag, scalar_value, global_step=None):
        super().add_scalar(f"mine/{tag}", scalar_value, global_step)
Mine().add_scalar("loss", 1, 3)
"""
    run("-c", code, env=environment(hook_file, path=(FAKE_ONETRAINER,)))
    agent.wait_until_disconnected()

    assert [row[1:] for message in agent.of("scalars") for row in message["rows"]] == [["mine/loss", 1.0, 3]]


def test_a_value_that_changes_after_it_was_logged_is_reported_as_it_was(agent: Listener, hook_file: Path) -> None:
    code = """
from torch.utils.tensorboard import SummaryWriter
class Tensor:
    def __init__(self, value): self.value = value
    def __float__(self): return self.value
    def __int__(self): return int(self.value)
loss, step, writer = Tensor(0.5), Tensor(7), SummaryWriter()
writer.add_scalar("loss", loss, step)
loss.value = step.value = 99.0
"""
    run("-c", code, env=environment(hook_file, path=(FAKE_ONETRAINER,)))
    agent.wait_until_disconnected()

    assert [row[1:] for message in agent.of("scalars") for row in message["rows"]] == [["loss", 0.5, 7]]


def test_PR6_a_tensor_that_carries_a_gradient_is_told_without_a_warning_that_the_trainer_did_not_cause(agent: Listener, hook_file: Path) -> None:
    code = """
import warnings
import runcast
from torch.utils.tensorboard import SummaryWriter
class Detached:
    def __float__(self): return 0.25
class Tensor:
    def detach(self): return Detached()
    def __float__(self):
        warnings.warn("converting a tensor that requires a gradient")
        return 0.5
SummaryWriter().add_scalar("loss", Tensor(), 1)
runcast.log({"mine": Tensor()}, step=1)
"""
    # The writer's own conversion is not ours to quieten.
    done = run("-c", code, env=environment(hook_file, path=(FAKE_ONETRAINER,)))
    agent.wait_until_disconnected()

    assert [row[1:] for message in agent.of("scalars") for row in message["rows"]] == [["loss", 0.25, 1], ["mine", 0.25, 1]]
    assert done.stderr.count("requires a gradient") <= 1
