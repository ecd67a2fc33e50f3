"""Event types that a viewer wants, and those that its present socket was asked for: they differ while a socket is being opened."""

from collections.abc import Iterable
from typing import Any

ALL_EVENTS = "*"


class Subscription:
    """:param wanted: event types; None: every type"""

    def __init__(self, wanted: Iterable[str] | None = None):
        self._wanted = [ALL_EVENTS] if wanted is None else list(dict.fromkeys(wanted))
        self._asked: list[str] = []

    def ask(self) -> list[str]:
        """:returns: what to ask a new socket for"""
        self._asked = self._wanted
        return self._asked

    def add(self, names: Iterable[str]) -> None:
        self._wanted = list(dict.fromkeys((*self._wanted, *names)))

    def remove(self, names: Iterable[str]) -> None:
        gone = set(names)
        self._wanted = [name for name in self._wanted if name not in gone]

    def messages(self) -> list[dict[str, Any]]:
        """:returns: the messages that make the socket's subscription the wanted one"""
        added = [name for name in self._wanted if name not in self._asked]
        removed = [name for name in self._asked if name not in self._wanted]
        self._asked = self._wanted
        messages: list[dict[str, Any]] = []
        if removed:
            messages.append({"type": "unsubscribe", "events": removed})
        if added:
            messages.append({"type": "subscribe", "events": added})
        return messages
