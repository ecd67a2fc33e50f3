"""AC4: the newer token that the room of the present socket was offered, and what it said. client/token-offer.ts is the same for
TypeScript."""

_FINAL = frozenset({"unauthorized", "token_expired", "token_revoked", "forbidden", "invalid_message"})
"""Refusals of a token that another try cannot change. Any other, such as a directory that is not there, may pass."""


class TokenOffer:
    def __init__(self) -> None:
        self._token: str | None = None
        self.is_open = False
        """The room has not answered yet."""

    def has_refused(self, token: str) -> bool:
        """:returns: whether the room has refused it for good"""
        return self._token == token and not self.is_open

    def sent(self, token: str) -> None:
        self._token, self.is_open = token, True

    def accepted(self) -> str | None:
        """:returns: the token that the link has from now on, None where none was offered"""
        token = self._token
        self.lost()
        return token

    def refused(self, code: str) -> None:
        self.is_open = False
        if code not in _FINAL:
            self._token = None

    def lost(self) -> None:
        """The socket is gone, and what was offered with it."""
        self._token, self.is_open = None, False
