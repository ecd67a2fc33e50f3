"""A sample with a prompt of its own, from the fields of a `sample` command. Only known fields are set, and only within bounds."""

import sys
from typing import Any, NamedTuple

from runcast.hook.wire import PROMPT_MAX, SAFE_INTEGER


class Refused(Exception):
    """A command that is not handed to the trainer; the message says why."""


class _Field(NamedTuple):
    attribute: str
    """Of `SampleConfig`."""
    kind: type
    """`float` takes whole numbers too."""
    low: float
    high: float
    """Bounds of a number, of a text's length."""


_FIELDS = {
    "prompt": _Field("prompt", str, 0, PROMPT_MAX),
    "negative_prompt": _Field("negative_prompt", str, 0, PROMPT_MAX),
    "width": _Field("width", int, 16, 8192),
    "height": _Field("height", int, 16, 8192),
    "seed": _Field("seed", int, 0, SAFE_INTEGER),
    "steps": _Field("diffusion_steps", int, 1, 1000),
    "cfg": _Field("cfg_scale", float, 0, 100),
}


def custom_sample(message: dict[str, Any], model_type: Any) -> Any | None:
    """:param message: a `sample` command
    :returns: a `SampleConfig`; None where the command names nothing, which asks for the default prompts
    :raises Refused: a field is out of bounds, or the trainer has no `SampleConfig`
    """
    given = {name: message[name] for name in _FIELDS if message.get(name) is not None}
    if not given:
        return None
    if "prompt" not in given:
        raise Refused("a sample of its own needs a prompt")
    config = _default_values(model_type)
    for name, value in given.items():
        setattr(config, _FIELDS[name].attribute, _checked(name, value))
    return config


def _checked(name: str, value: Any) -> Any:
    field = _FIELDS[name]
    if not _is_of(field.kind, value):
        raise Refused(f"{name} has the wrong type")
    if not field.low <= (len(value) if field.kind is str else value) <= field.high:
        raise Refused(f"{name} must lie between {field.low} and {field.high}")
    return value


def _is_of(kind: type, value: Any) -> bool:
    return type(value) in ((int, float) if kind is float else (kind,))  # a bool is no int here


def _default_values(model_type: Any) -> Any:
    module = sys.modules.get("modules.util.config.SampleConfig")
    if module is None:
        raise Refused("this trainer takes no samples of one's own")
    try:
        return module.SampleConfig.default_values(model_type)
    except TypeError:  # before it knew the models' usual sizes
        return module.SampleConfig.default_values()
