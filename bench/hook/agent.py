"""An agent for the measurements: `agent.py HOOK_FILE alive|hung`. Says when it listens, and ends with its standard input."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "test" / "python"))

from support.listener import Listener

if __name__ == "__main__":
    listener = Listener(Path(sys.argv[1]), is_reading=sys.argv[2] == "alive", is_keeping=False)
    print("listening", flush=True)
    sys.stdin.read()
    listener.die()
