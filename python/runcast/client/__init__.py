"""Watches and steers runs from Python: an asyncio client that stays connected, resumes where it was, and gives each event once.

    async with connect("http://127.0.0.1:8787", "my-run", token=token) as connection:
        async for received in connection:
            if isinstance(received, Event) and received.event["type"] == "log":
                print(received.event["message"])

It needs the package `websockets`: `pip install "runcast[client]"`. The rest of `runcast` does without, and never imports this.
"""

try:
    import websockets.asyncio.client  # noqa: F401
except ImportError as missing:
    raise ImportError('runcast.client needs the package websockets, version 15 or newer: pip install "runcast[client]"') from missing

from runcast.client.command_answers import Accepted, CommandAnswer, Refused
from runcast.client.connecting import connect
from runcast.client.connection import Connection
from runcast.client.position import Position
from runcast.client.position_keeper import PositionFile, PositionStore
from runcast.client.received import Event, Other, Received, Welcomed
from runcast.client.state import Closed, Connecting, LinkState, Live, Offline, Reason, Recovering
from runcast.client.wire import WireNumber, from_wire

__all__ = [
    "Accepted",
    "Closed",
    "CommandAnswer",
    "Connecting",
    "Connection",
    "Event",
    "LinkState",
    "Live",
    "Offline",
    "Other",
    "Position",
    "PositionFile",
    "PositionStore",
    "Reason",
    "Received",
    "Recovering",
    "Refused",
    "Welcomed",
    "WireNumber",
    "connect",
    "from_wire",
]
