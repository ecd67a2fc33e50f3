"""What the hook must say of a recording, written down independently of the hook: from the recording's calls to messages."""

import json
import math

from support.child import RECORDINGS


def calls_of(recording: str) -> list[dict]:
    text = (RECORDINGS / f"{recording}.calls.ndjson").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def flattened(messages: list[dict]) -> list[dict]:
    """:returns: the messages without numbers and times, one a scalar: how scalars are batched is left to the hook"""
    flat = []
    for message in messages:
        if message["type"] == "scalars":
            flat += [{"type": "scalar", "tag": tag, "value": value, "step": step} for _, tag, value, step in message["rows"]]
        else:
            flat.append({key: value for key, value in message.items() if key not in ("n", "t")})
    return flat


def expected_of(recording: str, run_dir: str) -> list[dict]:
    """:returns: every message but `run_info`, in order, as `flattened` gives them"""
    messages: list[dict] = []
    destination = None
    calls = calls_of(recording)
    for call in calls:
        kind = call["call"]
        if kind == "save_sampler_output":
            destination = call["destination"].replace("RUN", run_dir, 1) + call["extension"]
        elif kind in _MESSAGE:
            messages.append(_MESSAGE[kind](call))
        elif kind in ("on_sample_default", "on_sample_custom"):
            messages.append(_sample(kind.removeprefix("on_sample_"), destination))
    messages.append({"type": "error", "message": NAN} if recording == "nan" else {"type": "end"})
    return messages


NAN = "RuntimeError: Training loss became NaN. This may be due to invalid parameters, precision issues, or a bug in the loss computation."


def _sample(sample_type: str, path: str) -> dict:
    folder, name = path.rsplit("/", 2)[1:]
    global_step, epoch, _ = name.removesuffix(".jpg").rsplit("-", 3)[1:]
    prompt = folder.partition(" - ")[2] if sample_type == "default" else None
    return {"type": "sample", "sample_type": sample_type, "path": path, "step": int(global_step), "epoch": int(epoch), "prompt": prompt}


def _progress(call: dict) -> dict:
    at = call["train_progress"]
    return {
        "type": "progress",
        "epoch": at["epoch"],
        "epoch_step": at["epoch_step"],
        "global_step": at["global_step"],
        "max_step": call["max_step"],
        "max_epoch": call["max_epoch"],
    }


def _scalar(call: dict) -> dict:
    value = "NaN" if math.isnan(call["value"]) else call["value"]
    return {"type": "scalar", "tag": call["tag"], "value": value, "step": call["global_step"]}


_MESSAGE = {
    "on_update_status": lambda call: {"type": "status_text", "text": call["status"]},
    "on_update_train_progress": _progress,
    "add_scalar": _scalar,
    "on_update_sample_default_progress": lambda call: {
        "type": "sample_progress",
        "sample_type": "default",
        "step": call["step"],
        "max_step": call["max_step"],
    },
    "on_update_sample_custom_progress": lambda call: {
        "type": "sample_progress",
        "sample_type": "custom",
        "step": call["step"],
        "max_step": call["max_step"],
    },
    "TrainCommands.stop": lambda call: {"type": "stop_requested"},
}
