"""A training loop to measure: real work in each step, what OneTrainer logs and calls at each step, nothing else.

Run with the hook on PYTHONPATH, or without it. Prints one JSON line: steps, seconds.
"""

import argparse
import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "test", "python", "fake_onetrainer"))

from modules.util.callbacks.TrainCallbacks import TrainCallbacks  # noqa: E402
from modules.util.TrainProgress import TrainProgress  # noqa: E402
from torch.utils.tensorboard import SummaryWriter  # noqa: E402


def work(rounds: int) -> float:
    """About a tenth of a microsecond a round: arithmetic in the interpreter, which holds the lock that the hook's thread wants too."""
    total = 0.0
    for i in range(rounds):
        total += i * 0.5
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rate", type=float, default=0.0, help="steps a second; 0: as fast as it goes")
    parser.add_argument("--rounds", type=int, default=100_000, help="work in a step")
    args = parser.parse_args()

    callbacks, writer = TrainCallbacks(), SummaryWriter("unused")
    callbacks.on_update_status("Training ...")
    progress = TrainProgress()
    started = time.perf_counter()
    steps = 0
    while (now := time.perf_counter() - started) < args.seconds:
        if args.rate and now < steps / args.rate:
            time.sleep(steps / args.rate - now)
        loss = 1.0 + work(args.rounds) * 0.0
        for tag in ("lr/unet", "loss/train_step", "smooth_loss/train_step"):
            writer.add_scalar(tag, loss, steps)
        steps += 1
        progress.global_step = progress.epoch_step = steps
        callbacks.on_update_train_progress(progress, 1_000_000, 1)
    print(json.dumps({"steps": steps, "seconds": time.perf_counter() - started}))


main()
