"""A sample with a prompt of its own, as OneTrainer's `SampleConfig`."""

import sys
from typing import Any

from runcast.hook.asked import asked_fields
from runcast.hook.steering import Message, Refused

_ATTRIBUTES = {"steps": "diffusion_steps", "cfg": "cfg_scale"}
"""Where `SampleConfig` has other names than the command."""


def custom_sample(message: Message, model_type: Any) -> Any | None:
    """:param message: a `sample` command
    :returns: a `SampleConfig`; None where the command names nothing, which asks for the default prompts
    :raises Refused: a field is out of bounds, or the trainer has no `SampleConfig`
    """
    given = asked_fields(message)
    if not given:
        return None
    config = _default_values(model_type)
    if given.get("seed") == -1:
        config.random_seed = True
        del given["seed"]
    for name, value in given.items():
        setattr(config, _ATTRIBUTES.get(name, name), value)
    return config


def _default_values(model_type: Any) -> Any:
    module = sys.modules.get("modules.util.config.SampleConfig")
    if module is None:
        raise Refused("this trainer takes no samples of one's own")
    try:
        return module.SampleConfig.default_values(model_type)
    except TypeError:  # before it knew the models' usual sizes
        return module.SampleConfig.default_values()
