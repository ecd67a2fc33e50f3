"""Microseconds that one call takes from the training thread: the hook beside tensorboardX, wandb (offline) and trackio, in one run."""

import argparse
import json
import os
import platform
import socket
import subprocess
import sys
import tempfile
import venv
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from startup import added_start_ms

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
VENV = HERE / ".venv"
FAKE_ONETRAINER = REPOSITORY / "test" / "python" / "fake_onetrainer"
SITE = REPOSITORY / "python" / "runcast" / "_site"

HOOK_CASES = {"progress": "on_update_train_progress", "add_scalar": "torch add_scalar", "log": "runcast.log"}
PEER_CASES = {"tensorboardx": "tensorboardX add_scalar", "wandb": "wandb log (offline)", "trackio": "trackio log"}
MEDIAN_GOAL, TAIL_GOAL = 5.0, 100.0
"""Microseconds: median and p99.9 of the hook."""

ROUNDS = 3
"""Of so many rounds of each case the one with the shortest tail counts, for peers too: what else the machine does only adds."""


@dataclass(frozen=True)
class Row:
    call: str
    agent: str
    median_us: float
    p99_us: float
    p999_us: float
    max_us: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    parser.add_argument("--count", type=int, default=10_000, help="calls of each round (default: 10000)")
    args = parser.parse_args()
    python = prepared_python()
    rows = measure_all(python, args.count)
    with agent("dead") as hook_file:
        start_ms = added_start_ms(python, environment([]), environment([], hook_file))
    print(f"start of a Python process that trains nothing: +{start_ms:.2f} ms")
    hook = [row for row in rows if row.agent in ("alive", "hung", "dead")]
    is_met = all(row.median_us <= MEDIAN_GOAL and row.p999_us <= TAIL_GOAL for row in hook)
    print(f"goal (median {MEDIAN_GOAL:.0f} µs, p99.9 {TAIL_GOAL:.0f} µs): {'met' if is_met else 'missed'}")
    if args.json:
        machine = {"python": platform.python_version(), "system": platform.platform(), "cores": os.cpu_count()}
        args.json.write_text(
            json.dumps({"machine": machine, "goal_met": is_met, "start_ms": start_ms, "rows": [asdict(row) for row in rows]}, indent=1)
        )
    return 0 if is_met else 1


def prepared_python() -> str:
    """:returns: a Python that has the peers, which are installed when they are not"""
    python = VENV / ("Scripts" if os.name == "nt" else "bin") / "python"
    stamp, wanted = VENV / "installed.txt", (HERE / "requirements.txt").read_text()
    if not stamp.exists() or stamp.read_text() != wanted:
        venv.create(VENV, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", HERE / "requirements.txt"], check=True)
        stamp.write_text(wanted)
    return str(python)


def measure_all(python: str, count: int) -> list[Row]:
    rows: list[Row] = []

    def add(case: str, label: str, agent: str, hook_file: Path | None, calls: int) -> None:
        if not rows:
            print(f"{'call':<30}{'agent':<9}{'median':>9}{'p99':>9}{'p99.9':>9}{'max':>10}   µs")
        rows.append(min((measure(python, case, label, agent, hook_file, calls) for _ in range(ROUNDS)), key=lambda row: row.p999_us))
        row = rows[-1]
        print(f"{row.call:<30}{row.agent:<9}{row.median_us:>9.1f}{row.p99_us:>9.1f}{row.p999_us:>9.1f}{row.max_us:>10.1f}", flush=True)

    add("empty", "nothing: the machine's noise", "-", None, count)
    for case, label in HOOK_CASES.items():
        add(case, label, "no hook", None, count)
        for state in ("alive", "hung", "dead"):
            with agent(state) as hook_file:
                add(case, label, state, hook_file, count)
    for case, label in PEER_CASES.items():
        add(case, label, "-", None, count)
    return rows


def measure(python: str, case: str, label: str, agent_state: str, hook_file: Path | None, count: int) -> Row:
    folders = {"log": [REPOSITORY / "python"], "progress": [FAKE_ONETRAINER], "add_scalar": [FAKE_ONETRAINER]}
    env = environment(folders.get(case, []), hook_file)
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder, "taken.json")
        command = [python, str(HERE / "cases.py"), case, str(count), str(result)]
        done = subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{label} failed:\n{done.stderr}")
        taken = sorted(json.loads(result.read_text()))
    at = [taken[min(len(taken) - 1, int(len(taken) * share))] / 1000 for share in (0.5, 0.99, 0.999)]
    return Row(label, agent_state, *at, taken[-1] / 1000)


def environment(folders: list[Path], hook_file: Path | None = None) -> dict[str, str]:
    """:returns: this process's variables without what concerns Python, with `folders` to import from, and the hook where there is one"""
    env = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "RUNCAST"))}
    if hook_file is not None:
        env["RUNCAST_HOOK_FILE"] = str(hook_file)
        folders = [SITE, *folders]
    return {**env, "PYTHONPATH": os.pathsep.join(map(str, folders))}


@contextmanager
def agent(state: str):
    """An agent in one of three states, as the tests' listener plays it, in a process of its own.

    :returns: its hook file
    """
    with tempfile.TemporaryDirectory() as folder:
        hook_file = Path(folder, "hook.json")
        if state == "dead":
            with socket.create_server(("127.0.0.1", 0)) as gone:
                port = gone.getsockname()[1]
            hook_file.write_text(json.dumps({"protocol": 1, "host": "127.0.0.1", "port": port, "token": "0123456789abcdef"}))
            yield hook_file
            return
        command = [sys.executable, HERE / "agent.py", hook_file, state]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
            child.stdout.readline()
            yield hook_file
            child.stdin.close()


if __name__ == "__main__":
    sys.exit(main())
