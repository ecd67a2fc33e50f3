"""What a connection hands on, in order."""

from dataclasses import dataclass
from typing import TypeAlias, cast

from runcast.client.events import AnyEvent, RunEvent, sort_event
from runcast.client.messages import Welcome


@dataclass(frozen=True)
class Welcomed:
    """`welcome["recovered"]` False (the first one, too): begin anew from `welcome["snapshot"]`, forget what came before. True: nothing was
    missed."""

    welcome: Welcome


@dataclass(frozen=True)
class Event:
    """An event of a type that this version knows."""

    event: RunEvent


@dataclass(frozen=True)
class Other:
    """An event of a type that this version does not know, or one whose fields do not fit its type: as it came."""

    event: AnyEvent


Received: TypeAlias = Welcomed | Event | Other


def received_event(event: AnyEvent) -> Event | Other:
    return Event(cast(RunEvent, event)) if sort_event(event) == "known" else Other(event)
