"""Where a viewer is in a room's log."""

import re
from dataclasses import dataclass

_PATTERN = re.compile(r"([A-Za-z0-9._-]{1,64}):([0-9]{1,15})")


@dataclass(frozen=True)
class Position:
    """Everything up to `offset` in the numbering `log_id`; as text `<log_id>:<offset>`."""

    log_id: str
    offset: int

    def __str__(self) -> str:
        return f"{self.log_id}:{self.offset}"

    @staticmethod
    def parse(text: str) -> "Position | None":
        """:returns: None where the text makes no sense: such a viewer is never called recovered (VW3)"""
        match = _PATTERN.fullmatch(text)
        return Position(match[1], int(match[2])) if match else None
