"""Where the agent listens: the file named by RUNCAST_HOOK_FILE, which only its owner may read."""

import json
from dataclasses import dataclass

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class Endpoint:
    host: str
    port: int
    token: str


def read_endpoint(path: str) -> Endpoint | None:
    """:returns: None where there is no such file, or nothing usable in it: the agent is not there, or writes it just now"""
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
        endpoint = Endpoint(str(found["host"]), int(found["port"]), str(found["token"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    # What a training says is nobody else's business, whatever stands in the file.
    return endpoint if found.get("protocol") == 1 and endpoint.host in _LOOPBACK else None
