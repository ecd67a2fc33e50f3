"""How long to wait before the next try."""

import math

_FIRST_MS = 1000
"""Longest wait of the first try: half a second on average heals a blink."""
_LONGEST_MS = 30_000
"""Longest wait of any: it spares a relay that is down."""
_PATIENCE_MAX_MS = 600_000
"""Most patience that a relay can ask for: a header with a slip in it must not send anybody away for days."""
HEALTHY_MS = 10_000
"""A link that lived this long was healthy: the next loss starts counting anew. A shorter one does not, or a crash loop would hammer."""


def backoff(attempt: int, random: float, told_ms: float = 0) -> int:
    """Full jitter: anything between nothing and the attempt's bound, so that viewers that lost the same relay do not return together.
    Those that a limit sent away were told the same wait, and spread over half as much again behind it.

    :param attempt: 0 for the first try after a loss
    :param random: in [0, 1)
    :param told_ms: what the relay asked for (`Retry-After`, `retry_after_ms`)
    :returns: milliseconds to wait
    """
    told = patience(told_ms)
    return told + int(random * max(min(_LONGEST_MS, _FIRST_MS * 2 ** min(attempt, 16)), told / 2))


def patience(told_ms: float) -> int:
    """:returns: the wait that the relay asked for, as far as it is heeded"""
    if math.isnan(told_ms):
        return 0
    return math.ceil(min(max(0, told_ms), _PATIENCE_MAX_MS))
