"""Trains a small network to paint a picture from pixel coordinates, and reports to runcast while it does.

    runcast run -- python examples/paint/paint.py
    python examples/paint/paint.py --quick          (works alone as well)

Real training in plain Python, in the rhythm of a larger one: a sample before the first step, epochs of mini-batches, after each epoch a
validation on pixels that it never trains on and another sample.
"""

import argparse
import math
import random
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "python"))  # `runcast run` brings the package along; alone it is found here

from bars import Bars
from network import Matrix, Network
from picture import FourierFeatures, scene, write_png

import runcast

STEP_SECONDS = 0.14
"""What a step is sized to take on this machine."""
HELD_OUT = 256
"""Pixels that are kept for validation."""
PEAK_RATE = 0.008
WARM_UP_STEPS = 20


@dataclass(frozen=True)
class Plan:
    side: int
    """Pixels of the picture's side, in training and in samples."""
    batch_size: int
    epochs: int
    steps: int
    """Of one epoch."""


@dataclass(frozen=True)
class Pixels:
    features: Matrix
    colours: Matrix


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=3.0, help="about how long to train (default: 3)")
    parser.add_argument("--quick", action="store_true", help="a few seconds: smaller picture, fewer epochs")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--samples", type=Path, help="folder for the sample pictures (default: a new temporary one)")
    args = parser.parse_args()
    minutes = 4 / 60 if args.quick else args.minutes
    samples = args.samples or Path(tempfile.mkdtemp(prefix="paint-"))
    try:
        paint(minutes, 40 if args.quick else 96, 3 if args.quick else 12, args.seed, samples)
    except KeyboardInterrupt:
        print("stopped")
        return 130
    return 0


def paint(minutes: float, side: int, epochs: int, seed: int, samples: Path) -> None:
    rng = random.Random(seed)
    runcast.init("paint", {"picture": "an evening at the sea", "side": side, "optimizer": "Adam", "learning_rate": PEAK_RATE, "seed": seed})
    runcast.status("starting", phase="loading", message="drawing the picture to learn from")
    features = FourierFeatures(16, rng)
    at = [((column + 0.5) / side, (row + 0.5) / side) for row in range(side) for column in range(side)]
    whole = Pixels([features(x, y) for x, y in at], [scene(x, y) for x, y in at])
    order = rng.sample(range(len(at)), len(at))
    held_out, training = pick(whole, order[:HELD_OUT]), pick(whole, order[HELD_OUT:])
    sizes = [features.size, 32, 32, 3]

    runcast.status("starting", phase="setup", message="measuring this machine")
    plan = plan_for(minutes, side, epochs, sizes, training, rng)
    print(f"{plan.epochs} epochs of {plan.steps} steps, {plan.batch_size} pixels a step; samples in {samples}", flush=True)
    train(Network(sizes, rng), plan, whole, training, held_out, rng, samples)
    runcast.finish()


def plan_for(minutes: float, side: int, epochs: int, sizes: list[int], training: Pixels, rng: random.Random) -> Plan:
    """Sizes the steps to `STEP_SECONDS` and their number to `minutes`, from steps of a network that is thrown away."""
    trial, trial_size = Network(sizes, random.Random(0)), 64
    batch = pick(training, rng.sample(range(len(training.features)), trial_size))
    seconds = min(timed(lambda: trial.train(batch.features, batch.colours, 0.0)) for _ in range(5))
    batch_size = max(16, min(2048, round(trial_size * STEP_SECONDS / seconds)))
    step = seconds * batch_size / trial_size
    sample = side * side / 3 * seconds / trial_size  # forward only: a third of a step's products
    left = minutes * 60 - (epochs + 1) * sample
    return Plan(side, batch_size, epochs, max(4, round(left / step / epochs)))


def timed(work) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def train(network: Network, plan: Plan, whole: Pixels, training: Pixels, held_out: Pixels, rng: random.Random, samples: Path) -> None:
    bars, total, smooth = Bars(plan.epochs, plan.steps), plan.epochs * plan.steps, None
    sample(network, plan, whole, samples, step=0, epoch=0)
    for epoch in range(plan.epochs):
        runcast.status("running", phase="training")
        for epoch_step in range(1, plan.steps + 1):
            step = epoch * plan.steps + epoch_step
            rate = learning_rate(step, total)
            batch = pick(training, rng.choices(range(len(training.features)), k=plan.batch_size))
            loss = network.train(batch.features, batch.colours, rate)
            smooth = loss if smooth is None else 0.98 * smooth + 0.02 * loss
            runcast.log({"loss/train_step": loss, "smooth_loss/train_step": smooth, "lr/network": rate}, step=step)
            runcast.progress(step, epoch=epoch, epoch_step=epoch_step, max_step=plan.steps, max_epoch=plan.epochs)
            bars.show(epoch, epoch_step, loss)
        bars.leave()
        validate(network, held_out, step, epoch + 1, plan)
        sample(network, plan, whole, samples, step, epoch + 1)
        runcast.progress(step, epoch=epoch + 1, epoch_step=0, max_step=plan.steps, max_epoch=plan.epochs)


def learning_rate(step: int, total: int) -> float:
    """A short warm-up, then half a cosine down to nothing."""
    return PEAK_RATE * min(1.0, step / WARM_UP_STEPS) * (0.5 + 0.5 * math.cos(math.pi * step / total))


def validate(network: Network, held_out: Pixels, step: int, epoch: int, plan: Plan) -> None:
    runcast.status("running", phase="validating")
    errors = [(y - t) ** 2 for row, wanted in zip(network.predict(held_out.features), held_out.colours) for y, t in zip(row, wanted)]
    loss = sum(errors) / len(errors)
    runcast.log({"loss/validation_step/held out": loss}, step=step)
    line = f"epoch {epoch} of {plan.epochs}: {10 * math.log10(1 / max(loss, 1e-12)):.1f} dB on pixels it has not seen"
    print(line, flush=True)


def sample(network: Network, plan: Plan, whole: Pixels, folder: Path, step: int, epoch: int) -> None:
    """Paints the whole picture as far as it is learnt."""
    runcast.status("running", phase="sampling")
    path = folder / f"{step:06d}.png"
    folder.mkdir(parents=True, exist_ok=True)
    write_png(path, network.predict(whole.features), plan.side, zoom=4)
    runcast.image(path, step=step, epoch=epoch, prompt="an evening at the sea")


def pick(pixels: Pixels, indices: list[int]) -> Pixels:
    return Pixels([pixels.features[i] for i in indices], [pixels.colours[i] for i in indices])


if __name__ == "__main__":
    sys.exit(main())
