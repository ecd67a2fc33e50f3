"""Replays a recorded run; see the README beside this folder."""

import argparse
import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from modules.util import create
from modules.util.callbacks.TrainCallbacks import TrainCallbacks
from modules.util.commands.TrainCommands import TrainCommands
from modules.util.config.TrainConfig import TrainConfig
from replay.clock import Clock
from replay.recording import load
from replay.stage import Stage


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recording", help="full, stopped, resumed, nan, or a path without .calls.ndjson")
    parser.add_argument("--speed", type=float, default=1.0, help="1: as long as the real run; 0: no waiting (default: 1)")
    parser.add_argument("--console", action="store_true", help="print what the real run printed")
    parser.add_argument("--run-dir", help="where samples are written (default: a new temporary folder)")
    parser.add_argument("--world-size", type=int, default=1, help="ranks, each a process (default: 1)")
    args = parser.parse_args()

    recording = load(args.recording)
    clock = Clock(recording.console if args.console else [], args.speed)
    run_dir = os.path.abspath(args.run_dir or tempfile.mkdtemp(prefix="replay-"))
    config = TrainConfig(workspace_dir=os.path.join(run_dir, "workspace"), epochs=3)
    config.world_size = args.world_size
    trainer = create.create_trainer(config, TrainCallbacks(), TrainCommands(), Stage(recording, clock, run_dir))
    trainer.start()
    try:
        trainer.train()
    except RuntimeError:
        if not args.console:
            raise
        clock.finish()  # the recording holds the traceback that was printed
        return recording.exit_code
    trainer.end()
    clock.finish()
    return recording.exit_code


if __name__ == "__main__":
    sys.exit(main())
