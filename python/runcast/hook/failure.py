"""What is said of an exception that ended a training."""

import sys
import time

from runcast.hook.recording import record

_MARK = "__runcast_reported__"


def report(trainer: str, problem: BaseException) -> None:
    """Records that the training failed. An exception that passes through two wraps is reported once.

    Ctrl-C is somebody asking for a stop, and `sys.exit(0)` no error either: the process's exit code then says the rest.
    """
    if hasattr(problem, _MARK):
        return
    setattr(problem, _MARK, True)
    now = time.time()
    if isinstance(problem, KeyboardInterrupt):
        record(trainer, ("stop_requested", now))
    elif not (isinstance(problem, SystemExit) and problem.code in (None, 0)):
        record(trainer, ("error", now, last_line(problem)))


def report_uncaught() -> None:
    """At the end of the process: reports the exception that Python printed, if there was one."""
    problem = getattr(sys, "last_value", None)
    if isinstance(problem, BaseException):
        report("python", problem)


def last_line(problem: BaseException) -> str:
    """:returns: what stands under the traceback that Python prints, such as `RuntimeError: no memory`, without notes"""
    kind = type(problem)
    name = kind.__qualname__ if kind.__module__ in ("builtins", "__main__") else f"{kind.__module__}.{kind.__qualname__}"
    text = str(problem)
    return f"{name}: {text}" if text else name
