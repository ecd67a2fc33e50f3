"""The explicit API, for trainers that report by themselves.

Every function returns in microseconds and neither waits, prints nor fails on account of the agent, but that `progress` waits while an
operator has paused the training. Without `runcast run` around the process they do nothing. Only rank 0 of a distributed training reports.
"""

import os
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Literal, overload

from runcast.hook import explicit, pause_commands, recording
from runcast.hook.explicit import Command as Command  # part of the API
from runcast.hook.pausing import gate

CommandName = Literal["stop", "sample", "backup", "save"]
Level = Literal["debug", "info", "warning", "error", "critical"]
Status = Literal["idle", "starting", "running", "paused", "stopping", "stopped", "error", "completed"]

_LEVELS = ("debug", "info", "warning", "error", "critical")
_STATUSES = ("idle", "starting", "running", "paused", "stopping", "stopped", "error", "completed")
_SAMPLE_TYPES = ("default", "custom")


class Run:
    """The training that `init` began: as a context manager it ends with its block, with the exception that left it as the error."""

    def __enter__(self) -> "Run":
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        meant = kind is None or issubclass(kind, (KeyboardInterrupt, SystemExit, GeneratorExit))
        finish(error=None if meant or kind is None else f"{kind.__name__}: {problem}")


def init(name: str | None = None, config: Mapping[str, Any] | None = None) -> Run:
    """Begins to report. Without it the first other call does.

        with runcast.init("my run", {"lr": 1e-3}):
            train()

    :param name: what viewers see the run called; at most 200 characters
    :param config: settings to show; copied now, values that JSON lacks as text, secrets are removed by the agent
    """
    recording.introduce("python", name, config)
    recording.begin("python")
    return Run()


def progress(
    step: int,
    *,
    epoch: int | None = None,
    epoch_step: int | None = None,
    max_step: int | None = None,
    max_epoch: int | None = None,
) -> None:
    """Says how far the training is. While an operator has paused it, this holds the calling thread, until a resume or a stop.

    :param step: steps done since the run began, over all epochs
    :param epoch: epochs done
    :param epoch_step: steps done in this epoch
    :param max_step: steps of one epoch
    :param max_epoch: epochs of the whole run; together with `max_step` it makes the remaining time known
    """
    recording.record("python", ("progress", time.time(), epoch, epoch_step, step, max_step, max_epoch))
    if gate.is_asked:
        pause_commands.stay_while_paused("python")
    if explicit.waiting:
        explicit.carry_out()


@overload
def on_command(handler: Callable[[Command], object] | None, /) -> None: ...
@overload
def on_command(name: CommandName, handler: Callable[[Command], object] | None, /) -> None: ...
def on_command(*given: Any) -> None:
    """Lets operators steer this training: `on_command(handler)` for all commands, `on_command("stop", handler)` for one of them.

    `progress` calls `handler` in the thread that calls `progress`, between two steps. Its return says that the command is carried out,
    an exception that it is not, with the exception's text as the reason. A pause and a resume need no handler and are not given to it.

    :param name: `stop`, `sample`, `backup` or `save`; who asks for another one is told which there are
    :param handler: takes a `Command`; None: operators are told that this training takes none
    :raises ValueError: an unknown name
    """
    if len(given) == 1:
        explicit.handle_with(given[0])
    else:
        name, handler = given
        explicit.handle_with(handler, _one_of(explicit.COMMANDS, name))


def log(data: Mapping[str, Any] | str, step: int | None = None, *, level: Level = "info") -> None:
    """Logs numbers, or a line of text.

    :param data: numbers by name (whatever `float()` takes; NaN and infinities too), or the text
    :param step: the step that the numbers belong to
    :param level: of a text
    :raises ValueError: an unknown level
    :raises TypeError: a value that is no number
    """
    now = time.time()
    if isinstance(data, str):
        recording.record("python", ("log", now, _one_of(_LEVELS, level), data))
        return
    for tag, value in data.items():
        recording.record("python", ("scalar", now, tag, recording.number(value), step))


def image(
    path: str | os.PathLike[str],
    *,
    step: int | None = None,
    epoch: int | None = None,
    prompt: str | None = None,
    sample_type: Literal["default", "custom"] = "default",
) -> None:
    """Shows a picture, video or sound that the training made.

    :param path: the finished file; it must stay until the agent has read it
    :param prompt: what it was made from; pictures with the same prompt are shown as a series
    :raises ValueError: an unknown sample type
    """
    where = os.path.abspath(os.fspath(path))
    recording.record("python", ("sample", time.time(), _one_of(_SAMPLE_TYPES, sample_type), where, step, epoch, prompt))


def video(path: str | os.PathLike[str], *, step: int | None = None, epoch: int | None = None, prompt: str | None = None) -> None:
    """Shows a video or a sound that the training made: MP4, WebM, GIF; WAV, MP3, OGG, FLAC. As `image`, whose parameters these are."""
    image(path, step=step, epoch=epoch, prompt=prompt)


def status(status: Status, *, phase: str | None = None, message: str | None = None, error: str | None = None) -> None:
    """Says what the training does.

    :param phase: `loading`, `caching`, `training`, `sampling`, `validating`, `saving`, `backup`, or a word of your own
    :param message: a line for people
    :raises ValueError: an unknown status
    """
    recording.record("python", ("status", time.time(), _one_of(_STATUSES, status), phase, message, error))
    pause_commands.remember(status, phase, message, error)


def finish(error: str | None = None) -> None:
    """Ends the training, and waits until the agent has everything: two seconds at most, and not at all without an agent.

    :param error: why it failed; None when it did not
    """
    explicit.handle_with(None)
    pause_commands.training_over()
    recording.record("python", ("end", time.time()) if error is None else ("error", time.time(), error))
    recording.flush()


def _one_of(known: tuple[str, ...], value: str) -> str:
    if value not in known:
        raise ValueError(f"{value!r} is none of {', '.join(known)}")
    return value
