"""What the hook adds to the start of a Python process that trains nothing: every child of a trainer pays it."""

import statistics
import subprocess
import time
from collections.abc import Mapping

ROUNDS = 60


def added_start_ms(python: str, without: Mapping[str, str], with_hook: Mapping[str, str]) -> float:
    """:returns: milliseconds, the difference of the medians; the two kinds of process take turns, so that both see the same machine"""
    taken: dict[str, list[float]] = {"without": [], "with": []}
    for _ in range(ROUNDS):
        for name, env in (("without", without), ("with", with_hook)):
            began = time.perf_counter()
            subprocess.run([python, "-c", "pass"], env=dict(env), check=True)
            taken[name].append((time.perf_counter() - began) * 1000)
    return statistics.median(taken["with"]) - statistics.median(taken["without"])
