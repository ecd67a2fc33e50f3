"""Which events a viewer has been given."""

from dataclasses import dataclass, replace
from typing import TypeAlias

from runcast.client.events import AnyEvent
from runcast.client.messages import Batch, Renumbered, Welcome
from runcast.client.position import Position


@dataclass(frozen=True)
class Fresh:
    """Nothing that could be resumed; a connection that is lost now begins anew."""

    log_id: str | None


Delivery: TypeAlias = Fresh | Position
"""A position: everything up to it."""

NOTHING_DELIVERED = Fresh(None)


def since_position(delivery: Delivery) -> Position | None:
    """:returns: what `?since=` takes, or None where there is nothing to resume"""
    return delivery if isinstance(delivery, Position) else None


def after_welcome(delivery: Delivery, welcome: Welcome, replaying: bool) -> Delivery:
    """VW3: after `recovered` the position stands, in the room's present numbering; otherwise what was delivered no longer counts.

    :param replaying: False where the connection asked for `replay=0`: it is at the log's end without a batch to say so
    """
    if welcome["recovered"] and isinstance(delivery, Position):
        return Position(welcome["log_id"], delivery.offset)
    if not replaying or welcome["last_offset"] == 0:
        return Position(welcome["log_id"], welcome["last_offset"])
    return Fresh(welcome["log_id"])


def after_batch(delivery: Delivery, batch: Batch) -> tuple[Delivery, list[AnyEvent]]:
    """VW4: each offset once, in order. What is not past the position is dropped.

    :returns: the position after the batch, and the events to hand on
    """
    offset = delivery.offset if isinstance(delivery, Position) else 0
    events: list[AnyEvent] = []
    for event in batch["events"]:
        if event.get("offset", 0) <= offset:
            continue
        offset = event["offset"]
        events.append(event if "timestamp" in event else {**event, "timestamp": ""})
    offset = max(offset, batch["through"])
    return delivery if delivery.log_id is None else Position(delivery.log_id, offset), events


def after_renumbering(delivery: Delivery, renumbered: Renumbered) -> Delivery:
    """PR1: from `from` on, positions carry the new log_id. A viewer that is past it keeps its old position, which is good no longer:
    a welcome with `recovered: false` follows, or, where the link breaks first, answers the next connection."""
    if isinstance(delivery, Position) and delivery.offset >= renumbered["from"]:
        return delivery
    return replace(delivery, log_id=renumbered["log_id"])
