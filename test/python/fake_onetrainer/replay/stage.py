"""What a trainer needs to replay a recording."""

from dataclasses import dataclass

from replay.clock import Clock
from replay.recording import Recording


@dataclass(frozen=True)
class Stage:
    recording: Recording
    clock: Clock
    run_dir: str
    """Stands for RUN in the recording's paths."""
