"""The way in."""

import ssl
from collections.abc import Callable, Iterable

from runcast.client.callbacks import Callbacks
from runcast.client.connection import Connection
from runcast.client.events import AnyEvent, RunEvent
from runcast.client.messages import Answer, Welcome
from runcast.client.options import Options, TokenSource
from runcast.client.position import Position
from runcast.client.position_keeper import PositionStore
from runcast.client.state import LinkState


def connect(
    url: str,
    run: str,
    *,
    token: TokenSource = None,
    events: Iterable[str] | None = None,
    since: Position | str | None = None,
    replay: int | None = None,
    remember: PositionStore | None = None,
    on_welcome: Callable[[Welcome], object] | None = None,
    on_event: Callable[[RunEvent], object] | None = None,
    on_other: Callable[[AnyEvent], object] | None = None,
    on_state: Callable[[LinkState], object] | None = None,
    on_answer: Callable[[Answer], object] | None = None,
    tls: ssl.SSLContext | None = None,
) -> Connection:
    """Connects to a run as a viewer, and stays connected until `close` or a refusal for good. To be called in a running event loop.

    Callbacks run in the event loop, one after the other. What one raises is told to the loop's exception handler, and takes no other event
    along.

    :param url: the relay: http, https, ws or wss
    :param token: the credentials, or a function, async or not, that is asked for them before every connection
    :param events: event types; None: every type
    :param since: a position to go on from, `<log_id>:<offset>`: for a program that has kept what it made of everything before
    :param replay: most events replayed where there is no position to go on from; None: as many as the relay likes, 500 or 256 KiB
    :param remember: keeps the position, and gives `since` where that is None
    :param on_welcome: called with each welcome. `recovered` False (the first one, too): begin anew from its `snapshot`. True: nothing was
        missed
    :param on_event: called with each event of a known type, each once, in order
    :param on_other: called with events of types that this version does not know, in their place among the others
    :param on_state: called when the link's state changes
    :param on_answer: called with answers to what was sent: subscriptions, commands, errors
    :param tls: None: the system's certificates
    :raises ValueError: `url` is no relay's address
    :raises RuntimeError: no event loop is running
    """
    callbacks = Callbacks(on_welcome, on_event, on_other, on_state, on_answer)
    return Connection(Options(url, run, token, replay, tls), callbacks, events, since, remember)
