"""Follows a run on the terminal until it is stopped with Ctrl-C:

`pip install "runcast[client]"`, then `RUNCAST_TOKEN=… python examples/watch.py http://127.0.0.1:8787 RUN`
"""

import asyncio
import os
import sys

from runcast.client import Closed, Event, LinkState, connect


def tell(state: LinkState) -> None:
    print(f"closed: {state.reason.message}" if isinstance(state, Closed) else type(state).__name__.lower(), file=sys.stderr)


async def watch(url: str, run: str) -> None:
    events = ["log", "training_status", "training_progress"]
    async with connect(url, run, token=os.environ.get("RUNCAST_TOKEN"), events=events, on_state=tell) as connection:
        async for received in connection:
            if not isinstance(received, Event):
                continue
            event = received.event
            if event["type"] == "log":
                print(event["message"])
            elif event["type"] == "training_status":
                print(event["status"], event.get("phase") or "")
            elif event["type"] == "training_progress":
                print(f"step {event.get('global_step')} loss {event.get('loss')}")
            sys.stdout.flush()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python examples/watch.py URL RUN")
    try:
        asyncio.run(watch(*sys.argv[1:]))
    except KeyboardInterrupt:
        pass
