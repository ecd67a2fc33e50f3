"""A real relay, started as the TypeScript tests start theirs."""

import json
import os
import subprocess
from typing import Any

from support.child import REPOSITORY

NODE = REPOSITORY / "node_modules" / ".bin" / ("node.cmd" if os.name == "nt" else "node")
PROGRAM = REPOSITORY / "test" / "support" / "relay-program.ts"


class Relay:
    def __init__(self) -> None:
        self._child = subprocess.Popen(
            [str(NODE), str(PROGRAM)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8", cwd=REPOSITORY
        )
        self.url: str = self._answer()["url"]

    def token(self, role: str, runs: str, lifetime_s: float = 3600) -> str:
        """:param lifetime_s: in seconds; below zero: has ended"""
        return self._ask(do="token", role=role, runs=runs, lifetime_s=lifetime_s)["token"]

    def kill9(self) -> None:
        """Ends the relay without warning; the data stays."""
        self._ask(do="kill")

    def restart(self) -> None:
        """Starts it again on the same port and data."""
        self._ask(do="restart")

    def stop(self) -> None:
        self._child.stdin.close()
        assert self._child.wait(60) == 0
        self._child.stdout.close()

    def _ask(self, **wanted: Any) -> dict[str, Any]:
        self._child.stdin.write(f"{json.dumps(wanted)}\n")
        self._child.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        line = self._child.stdout.readline()
        assert line, "the relay's program has ended"
        return json.loads(line)
