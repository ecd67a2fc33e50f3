"""A training that talks like `trainer.ts`, and stops when an operator asks it to: `obedient.py FILE EVERY_MS STREAM`."""

import os
import sys
import time

import runcast

truth, every_ms, stream = sys.argv[1], float(sys.argv[2]), sys.argv[3]
stopped = []
runcast.init(name="obedient")
runcast.on_command(stopped.append)
step = 0
while not stopped and not os.path.exists(truth + ".stop"):
    step += 1
    with open(truth, "a") as file:
        file.write("x")
    print(f"{stream} #{step}", flush=True)
    runcast.progress(step)
    time.sleep(every_ms / 1000)
