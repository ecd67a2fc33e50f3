"""Lets a recording take the time that it took, and prints what was printed meanwhile."""

import sys
import time


class Clock:
    """:param speed: recorded seconds that pass in one real second; 0 does not wait"""

    def __init__(self, console: list[dict], speed: float):
        self._console = list(reversed(console))
        self._speed = speed
        self._began = time.monotonic()

    def advance(self, t: float) -> None:
        """Returns at the recorded time `t`, after what was printed before it."""
        while self._console and self._console[-1]["t"] <= t:
            piece = self._console.pop()
            self._wait(piece["t"])
            stream = (sys.stdout if piece["stream"] == "stdout" else sys.stderr).buffer
            stream.write(piece["data"].encode())
            stream.flush()
        self._wait(t)

    def finish(self) -> None:
        """Prints what is left."""
        if self._console:
            self.advance(self._console[0]["t"])

    def _wait(self, t: float) -> None:
        if self._speed:
            time.sleep(max(0.0, self._began + t / self._speed - time.monotonic()))
