"""The training loop, and everything that it tells runcast."""

import math
import random
from dataclasses import dataclass
from pathlib import Path

import runcast
from bars import Bars
from network import Matrix, Network
from picture import write_png

PEAK_RATE = 0.02
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


def pick(pixels: Pixels, indices: list[int]) -> Pixels:
    return Pixels([pixels.features[i] for i in indices], [pixels.colours[i] for i in indices])


class Training:
    """One run: a sample before the first step, then epochs of mini-batches, each followed by a validation and a sample.

    :param whole: every pixel of the picture, row by row
    :param samples: folder for the sample pictures
    """

    def __init__(self, network: Network, plan: Plan, whole: Pixels, training: Pixels, held_out: Pixels, rng: random.Random, samples: Path):
        self._network = network
        self._plan = plan
        self._whole = whole
        self._training = training
        self._held_out = held_out
        self._rng = rng
        self._samples = samples
        self._step = 0
        self._epoch = 0
        self._is_stopped = False

    def run(self) -> None:
        """Trains to the end of the plan, or until an operator asks for a stop."""
        runcast.on_command(self._obey)
        bars, smooth = Bars(self._plan.epochs, self._plan.steps), None
        self._sample()
        while self._epoch < self._plan.epochs and not self._is_stopped:
            runcast.status("running", phase="training")
            for epoch_step in range(1, self._plan.steps + 1):
                rate = learning_rate(self._step, self._plan.epochs * self._plan.steps)
                indices = self._rng.choices(range(len(self._training.features)), k=self._plan.batch_size)
                batch = pick(self._training, indices)
                loss = self._network.train(batch.features, batch.colours, rate)
                self._step += 1
                smooth = loss if smooth is None else 0.98 * smooth + 0.02 * loss
                runcast.log({"loss/train_step": loss, "smooth_loss/train_step": smooth, "lr/network": rate}, step=self._step)
                bars.show(self._epoch, epoch_step, loss)
                self._report(epoch_step)
                if self._is_stopped:
                    break
            else:
                self._epoch += 1
            bars.leave()
            self._validate()
            self._sample()
            self._report(epoch_step if self._is_stopped else 0)

    def _report(self, epoch_step: int) -> None:
        """Says how far the training is; commands are carried out in here."""
        runcast.progress(self._step, epoch=self._epoch, epoch_step=epoch_step, max_step=self._plan.steps, max_epoch=self._plan.epochs)

    def _obey(self, command: runcast.Command) -> None:
        if command.name == "stop":
            self._is_stopped = True
            runcast.status("stopping")
        elif command.name == "sample":
            self._sample()
            runcast.status("running", phase="training")
        else:
            raise ValueError(f"the demo does not know how to {command.name}")

    def _validate(self) -> None:
        if not self._is_stopped:
            runcast.status("running", phase="validating")
        predicted, wanted = self._network.predict(self._held_out.features), self._held_out.colours
        errors = [(y - t) ** 2 for colour, target in zip(predicted, wanted) for y, t in zip(colour, target)]
        loss = sum(errors) / len(errors)
        runcast.log({"loss/validation_step/held out": loss}, step=self._step)
        decibels = 10 * math.log10(1 / max(loss, 1e-12))
        print(f"step {self._step}, epoch {self._epoch} of {self._plan.epochs}: {decibels:.1f} dB on pixels it has not seen", flush=True)

    def _sample(self) -> None:
        """Paints the whole picture as far as it is learnt."""
        if not self._is_stopped:
            runcast.status("running", phase="sampling")
        self._samples.mkdir(parents=True, exist_ok=True)
        path = self._samples / f"{self._step:06d}-{self._epoch}.png"
        write_png(path, self._network.predict(self._whole.features), self._plan.side, zoom=4)
        runcast.image(path, step=self._step, epoch=self._epoch, prompt="an evening at the sea")


def learning_rate(step: int, total: int) -> float:
    """A short warm-up, then half a cosine down to nothing. `step` counts from 0."""
    return PEAK_RATE * min(1.0, (step + 1) / WARM_UP_STEPS) * (0.5 + 0.5 * math.cos(math.pi * step / total))
