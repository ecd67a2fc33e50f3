"""Reads what a real run did: `NAME.calls.ndjson` and `NAME.console.ndjson`."""

import json
from dataclasses import dataclass
from pathlib import Path

RECORDINGS = Path(__file__).resolve().parents[3] / "recordings"
_FIRST_OF_TRAIN = "Starting epoch/caching"


@dataclass(frozen=True)
class Recording:
    """One run, cut where `GenericTrainer`'s three methods begin and end. Times are seconds since the run's start."""

    start: list[dict]
    train: list[dict]
    end: list[dict]
    console: list[dict]
    exit_code: int
    failure: str | None
    """The message of the exception that left the training."""


def load(name: str) -> Recording:
    """:param name: `full`, `stopped`, `resumed`, `nan`, or a path without `.calls.ndjson`"""
    base = Path(name) if "/" in name or "\\" in name else RECORDINGS / name
    calls = [call for call in _lines(base, "calls") if call["call"] != "exit"]
    *console, last = _lines(base, "console")
    exit_code = last["exit_code"]
    began = next(i for i, call in enumerate(calls) if call.get("status") == _FIRST_OF_TRAIN)
    ended = len(calls) if exit_code else _end_of_training(calls)
    return Recording(calls[:began], calls[began:ended], calls[ended:], console, exit_code, _failure(console) if exit_code else None)


def _lines(base: Path, kind: str) -> list[dict]:
    text = base.with_name(f"{base.name}.{kind}.ndjson").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def _end_of_training(calls: list[dict]) -> int:
    """The end is what follows the last step: statuses only."""
    last_step = max(i for i, call in enumerate(calls) if call["call"] == "on_update_train_progress")
    return next(i for i in range(last_step, len(calls)) if calls[i]["call"] == "on_update_status")


def _failure(console: list[dict]) -> str:
    printed = "".join(piece["data"] for piece in console if piece["stream"] == "stderr")
    return printed.strip().splitlines()[-1].partition(": ")[2]


def sample_picture(folder: str, ending: str) -> bytes:
    """:returns: a recorded picture: of the same prompt and step where there is one, else of the same prompt, else any"""
    pictures = sorted((RECORDINGS / "samples").glob("*/*.jpg"))
    same_prompt = [path for path in pictures if path.parent.name == folder] or pictures
    return next((path for path in same_prompt if path.stem.endswith(ending)), same_prompt[0]).read_bytes()
