"""CM2: the fixed list of commands. Unknown fields are refused: a misspelt option must not be ignored silently."""

from typing import Annotated, Any, TypedDict

from runcast.client.events import PROMPT_MAX, CommandName, Id
from runcast.client.shapes import Bytes, Within, check_for

_SAFE_INTEGER = 2**53 - 1


class _CommandRequest(TypedDict):
    id: Id
    command: CommandName


class CommandRequest(_CommandRequest, total=False):
    save: bool
    prompt: Annotated[str, Bytes(PROMPT_MAX)]
    negative_prompt: Annotated[str, Bytes(PROMPT_MAX)]
    width: Annotated[int, Within(8, 8192)]
    height: Annotated[int, Within(8, 8192)]
    seed: Annotated[int, Within(-1, _SAFE_INTEGER)]
    steps: Annotated[int, Within(1, 1000)]
    cfg: Annotated[float, Within(0, 100)]


def command_request(id: str, command: CommandName, **options: str | float | bool | None) -> dict[str, Any]:
    """:param options: None: not given"""
    return {"id": id, "command": command, **{name: value for name, value in options.items() if value is not None}}


_check = check_for(CommandRequest)
_FIELDS = frozenset(CommandRequest.__annotations__)


def problem_of(request: dict[str, Any]) -> str | None:
    """:returns: what the room would have against it, None where it takes it"""
    unknown = next((name for name in request if name not in _FIELDS), None)
    return _check(request) if unknown is None else f"{unknown}: there is no such option"
