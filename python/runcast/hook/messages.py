"""Turns records into protocol messages. Runs in the sender's thread.

A record is `(kind, t, *fields)`; its kind is the message's type, but for `scalar`: consecutive ones travel together as `scalars`.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from runcast.hook import wire
from runcast.hook.recording import Record

ROWS_MAX = 200
"""Rows of one `scalars` message: encoding one holds the interpreter, and with it the training thread, for about 0.2 ms."""

Message = dict[str, Any]


def messages(records: Iterable[Record]) -> Iterator[Message]:
    """:returns: the messages that say what `records` say, in the same order, without their numbers"""
    rows: list[list[Any]] = []
    for item in records:
        if item[0] == "scalar":
            rows.append(_row(*item[1:]))
            if len(rows) == ROWS_MAX:
                yield _scalars(rows)
                rows = []
            continue
        if rows:
            yield _scalars(rows)
            rows = []
        yield message(item)
    if rows:
        yield _scalars(rows)


def message(item: Record) -> Message:
    """:returns: the message of one record that is no scalar"""
    kind, t, *fields = item
    try:
        return {"type": kind, "t": t, **_FIELDS[kind](*fields)}
    except Exception as problem:  # a value of the trainer's that has no text: its other records must still go out
        return {"type": "log", "t": t, "level": "warning", "message": f"runcast could not read a {kind}: {type(problem).__name__}"}


def message_type(kind: str) -> str:
    """:returns: the type of the message in which a record of this kind travels"""
    return "scalars" if kind == "scalar" else kind


def encode(body: Message) -> bytes:
    """:returns: the message as JSON without its opening brace; its number comes first when it is sent"""
    return json.dumps(body, separators=(",", ":"), allow_nan=False)[1:].encode("ascii")


def with_number(n: int, body: bytes) -> bytes:
    """:returns: the line to send"""
    return b'{"n":%d,%b\n' % (n, body)


def _scalars(rows: list[list[Any]]) -> Message:
    return {"type": "scalars", "t": rows[-1][0], "rows": rows}


def _row(t: float, tag: object, value: float, step: Any) -> list[Any]:
    return [t, wire.text(tag, wire.NAME_MAX) or "(unnamed)", wire.number(value), wire.integer(step)]


def _run_info(trainer: str, name: object, config: Message | None) -> Message:
    return {"trainer": trainer, "name": wire.optional_text(name, wire.NAME_MAX), "config": config}


def _progress(epoch: object, epoch_step: object, global_step: object, max_step: object, max_epoch: object) -> Message:
    return {
        "epoch": wire.count(epoch),
        "epoch_step": wire.count(epoch_step),
        "global_step": wire.count(global_step),
        "max_step": wire.count(max_step),
        "max_epoch": wire.count(max_epoch),
    }


def _sample(sample_type: str, path: str, step: object, epoch: object, prompt: object) -> Message:
    return {
        "sample_type": sample_type,
        "path": wire.text(path, wire.PATH_MAX),
        "step": wire.count(step),
        "epoch": wire.count(epoch),
        "prompt": wire.optional_text(prompt, wire.PROMPT_MAX),
    }


def _sample_progress(sample_type: str, step: object, max_step: object) -> Message:
    return {"sample_type": sample_type, "step": wire.count(step) or 0, "max_step": wire.count(max_step) or 0}


def _status(status: str, phase: object, message: object, error: object) -> Message:
    return {
        "status": status,
        "phase": wire.optional_text(phase, 64),
        "message": wire.optional_text(message, wire.TEXT_MAX),
        "error": wire.optional_text(error, wire.TEXT_MAX),
    }


def _command_update(id: str, state: str, global_step: object, error: object) -> Message:
    return {"id": id, "state": state, "global_step": wire.count(global_step), "error": wire.optional_text(error, wire.TEXT_MAX)}


_FIELDS: dict[str, Callable[..., Message]] = {
    "run_info": _run_info,
    "progress": _progress,
    "status_text": lambda text: {"text": wire.text(text)},
    "status": _status,
    "sample": _sample,
    "sample_progress": _sample_progress,
    "log": lambda level, message: {"level": level, "message": wire.text(message)},
    "stop_requested": dict,
    "error": lambda message: {"message": wire.text(message)},
    "end": dict,
    "dropped": lambda counts: {"counts": counts},
    "command_update": _command_update,
}

MESSAGE_TYPES = frozenset(_FIELDS) | {"scalars"}
"""What this version may send."""
