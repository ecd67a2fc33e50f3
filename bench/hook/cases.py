"""The calls that are timed. Runs in a child: `cases.py NAME COUNT` prints the nanoseconds of each call as a JSON list."""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable

Call = Callable[[int], object]
WARM_UP = 500


def empty() -> Call:
    return lambda step: None


def progress() -> Call:
    from modules.util.callbacks.TrainCallbacks import TrainCallbacks
    from modules.util.TrainProgress import TrainProgress

    callbacks, at = TrainCallbacks(), TrainProgress()

    def call(step: int) -> None:
        callbacks.on_update_train_progress(at, 1000, 10)

    return call


def add_scalar() -> Call:
    from torch.utils.tensorboard import SummaryWriter

    writer = SummaryWriter()
    return lambda step: writer.add_scalar("loss/train_step", 0.5, step)


def log() -> Call:
    import runcast

    runcast.init("bench")
    return lambda step: runcast.log({"loss": 0.5}, step=step)


def tensorboardx() -> Call:
    from tensorboardX import SummaryWriter

    writer = SummaryWriter(tempfile.mkdtemp())
    return lambda step: writer.add_scalar("loss/train_step", 0.5, step)


def wandb() -> Call:
    os.environ.update(WANDB_MODE="offline", WANDB_SILENT="true", WANDB_DIR=tempfile.mkdtemp())
    import wandb

    run = wandb.init(project="bench")
    return lambda step: run.log({"loss": 0.5}, step=step)


def trackio() -> Call:
    os.environ["TRACKIO_DIR"] = tempfile.mkdtemp()
    import trackio

    trackio.init(project="bench", embed=False)
    return lambda step: trackio.log({"loss": 0.5}, step=step)


CASES = {case.__name__: case for case in (empty, progress, add_scalar, log, tensorboardx, wandb, trackio)}


def measure(call: Call, count: int) -> list[int]:
    """:returns: nanoseconds of each call"""
    clock, taken = time.perf_counter_ns, []
    for step in range(WARM_UP + count):
        began = clock()
        call(step)
        taken.append(clock() - began)
        sum(range(5_000))
    return taken[WARM_UP:]


if __name__ == "__main__":
    name, count, result = sys.argv[1:]
    taken = measure(CASES[name](), int(count))
    with open(result, "w", encoding="ascii") as file:
        json.dump(taken, file)
    os._exit(0)  # peers take their time to upload or to close, which is not measured here
