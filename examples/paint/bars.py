"""Two nested progress bars on stderr, as training scripts show them: a carriage return, and the cursor up one line."""

import sys
import time

_WIDTH = 24


class Bars:
    """:param total: steps of the outer and of the inner bar"""

    def __init__(self, epochs: int, steps: int):
        self._epochs = epochs
        self._steps = steps
        self._began = time.monotonic()

    def show(self, epoch: int, step: int, loss: float) -> None:
        done = epoch * self._steps + step
        pace = done / max(1e-9, time.monotonic() - self._began)
        outer, inner = self._bar("epoch", epoch, self._epochs), self._bar("step", step, self._steps)
        sys.stderr.write(f"\r{outer}\n\r{inner} {pace:5.2f}it/s, loss={loss:.4f}\x1b[A")
        sys.stderr.flush()

    def leave(self) -> None:
        """Lets what is printed next begin below the bars."""
        sys.stderr.write("\n\n")
        sys.stderr.flush()

    @staticmethod
    def _bar(name: str, done: int, total: int) -> str:
        filled = round(_WIDTH * done / total)
        return f"{name:>5}: {100 * done // total:3d}%|{'█' * filled}{' ' * (_WIDTH - filled)}| {done}/{total}"
