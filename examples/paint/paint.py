"""Trains a small network to paint a picture from pixel coordinates, and reports to runcast while it does.

    runcast run -- python examples/paint/paint.py
    python examples/paint/paint.py --quick          (works alone as well)

Real training in plain Python, in the rhythm of a larger one: a sample before the first step, epochs of mini-batches, after each epoch a
validation on pixels that it never trains on and another sample.
"""

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "python"))  # `runcast run` brings the package along; alone it is found here

import runcast
from network import Network
from picture import FourierFeatures, scene
from training import PEAK_RATE, Pixels, Plan, Training, pick

STEP_SECONDS = 0.11
"""What a step is sized to take on this machine."""
HELD_OUT = 256
"""Pixels that are kept for validation."""


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
    features = FourierFeatures(24, rng)
    at = [((column + 0.5) / side, (row + 0.5) / side) for row in range(side) for column in range(side)]
    whole = Pixels([features(x, y) for x, y in at], [scene(x, y) for x, y in at])
    order = rng.sample(range(len(at)), len(at))
    held_out, training = pick(whole, order[:HELD_OUT]), pick(whole, order[HELD_OUT:])
    sizes = [features.size, 32, 32, 3]

    runcast.status("starting", phase="setup", message="measuring this machine")
    plan = plan_for(minutes, side, epochs, sizes, training, rng)
    print(f"{plan.epochs} epochs of {plan.steps} steps, {plan.batch_size} pixels a step; samples in {samples}", flush=True)
    Training(Network(sizes, rng), plan, whole, training, held_out, rng, samples).run()
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


if __name__ == "__main__":
    sys.exit(main())
