"""A relay's address is taken as http, https, ws or wss, with or without a path."""

from collections.abc import Mapping
from urllib.parse import quote, urlencode, urlsplit

_SCHEMES = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}


def socket_address(relay: str, path: str, query: Mapping[str, str] | None = None) -> str:
    """:param relay: such as `https://relay.example`
    :param path: beginning with a slash
    :returns: the address of a WebSocket endpoint
    :raises ValueError: `relay` is no such address
    """
    parts = urlsplit(relay)
    if parts.scheme not in _SCHEMES or not parts.hostname:
        raise ValueError(f"{relay!r} is no address of a relay: it begins with http://, https://, ws:// or wss://")
    host = parts.netloc.rpartition("@")[2]
    tail = f"?{urlencode(query)}" if query else ""
    return f"{_SCHEMES[parts.scheme]}://{host}{parts.path.rstrip('/')}{path}{tail}"


def run_path(run: str) -> str:
    return f"/runs/{quote(run, safe='')}/ws"
