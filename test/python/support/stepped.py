"""A training that goes on when the test says so."""

from pathlib import Path

from support.child import FAKE_ONETRAINER, TRAIN, environment, start
from support.listener import Listener, until

STEPWISE = """
import sys
sys.path.insert(0, {folder!r})
from modules.util.callbacks.TrainCallbacks import TrainCallbacks
report = TrainCallbacks.on_update_train_progress
def wait_for_a_line(self, train_progress, max_step, max_epoch):
    report(self, train_progress, max_step, max_epoch)
    sys.stdin.readline()
TrainCallbacks.on_update_train_progress = wait_for_a_line
{setup}
sys.argv = ["train.py", *sys.argv[1:]]
import runpy
runpy.run_path({script!r}, run_name="__main__")
"""
"""The replay, one step for each line of its input."""


class SteppedTraining:
    """:param setup: Python that runs in the trainer's process before the training; `env`: what its environment has besides"""

    def __init__(self, agent: Listener, hook_file: Path, run_dir: Path, setup: str = "", **env: str):
        self.agent = agent
        code = STEPWISE.format(folder=str(FAKE_ONETRAINER), script=str(TRAIN), setup=setup)
        self._child = start("-c", code, "full", "--speed", 0, "--run-dir", run_dir, env=environment(hook_file, **env))
        self.pid = self._child.pid
        self._steps = 1
        self._asked = 0
        self.printed = ""
        self.agent.wait_for("progress", 1)

    def go_on(self, steps: int = 1) -> None:
        """Lets the callback that tells of a step return, and the ones after it."""
        self._child.stdin.write("\n" * steps)
        self._child.stdin.flush()

    def step(self) -> None:
        self.go_on()
        self._steps += 1
        self.agent.wait_for("progress", self._steps)

    def ask(self, id: str, command: str, **fields: object) -> None:
        """Asks for something, and returns once the hook has it: commands are taken in order."""
        self._asked += 1
        heard = f"heard-{self._asked}"
        self.agent.command(id=id, command=command, **fields)
        self.agent.command(id=heard, command="exec")
        self.answer(heard)

    def answers(self, id: str) -> list[dict]:
        return [update for update in self.agent.of("command_update") if update["id"] == id]

    def answer(self, id: str) -> tuple[str, int | None, str | None]:
        [update] = until(lambda: self.answers(id), f"an answer to {id}")
        return update["state"], update["global_step"], update["error"]

    def signal(self, number: int) -> None:
        self._child.send_signal(number)

    def close(self) -> int:
        """Lets the training run to its end. :returns: its exit code"""
        if not self._child.stdin.closed:
            self._child.stdin.close()
            self._child.wait(60)
            self.printed = self._child.stderr.read()
            self._child.stdout.close()
            self._child.stderr.close()
        return self._child.returncode
