"""Every Python process below a trainer gets the hook; only the one that trains, as rank 0, may be noticed."""

import json
import sys
from pathlib import Path

import pytest

from support.child import FAKE_ONETRAINER, TRAIN, environment, run
from support.listener import Listener

LOG_ONE = """
from torch.utils.tensorboard import SummaryWriter
SummaryWriter().add_scalar("loss", 0.5, 1)
"""


def python(code: str, hook_file: Path | None, **more: str):
    return run("-c", code, env=environment(hook_file, path=(FAKE_ONETRAINER,), **more))


def test_a_process_that_trains_nothing_has_no_thread_no_socket_and_no_module_more_than_the_import_hook(hook_file: Path) -> None:
    code = "import sys; print(sorted(sys.modules))"
    with_hook = python(f"{code}; import threading; assert threading.active_count() == 1", hook_file)
    without = python(code, None)

    assert with_hook.returncode == 0 and with_hook.stderr == ""
    added = set(json.loads(with_hook.stdout.replace("'", '"'))) - set(json.loads(without.stdout.replace("'", '"')))
    assert added <= {"runcast", "runcast.version", "runcast.hook", "runcast.hook.imports", "sitecustomize"}


def test_the_hook_does_nothing_without_a_hook_file(hook_file: Path) -> None:
    env = environment(hook_file, path=(FAKE_ONETRAINER,))
    del env["RUNCAST_HOOK_FILE"]
    done = run("-c", LOG_ONE + "import sys; print([name for name in sys.modules if name.startswith('runcast')])", env=env)

    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")


def test_a_process_that_makes_a_summary_writer_and_logs_nothing_stays_silent(agent: Listener, hook_file: Path) -> None:
    code = "from torch.utils.tensorboard import SummaryWriter; SummaryWriter(); import threading; print(threading.active_count())"
    done = python(code, hook_file)

    assert done.stdout == "1\n"
    assert agent.hellos == []


@pytest.mark.parametrize(
    ("variables", "reports"),
    [
        ({"RANK": "0", "LOCAL_RANK": "0"}, True),
        ({"RANK": "1", "LOCAL_RANK": "1"}, False),
        ({"RANK": "8", "LOCAL_RANK": "0"}, False),
        ({"LOCAL_RANK": "1"}, False),
        ({"RANK": ""}, True),
    ],
)
def test_only_rank_0_of_a_launcher_reports(variables: dict[str, str], reports: bool, agent: Listener, hook_file: Path) -> None:
    assert python(LOG_ONE, hook_file, **variables).returncode == 0

    assert len(agent.hellos) == (1 if reports else 0)


def test_of_several_ranks_that_onetrainer_spawns_only_the_first_reports(agent: Listener, hook_file: Path, tmp_path: Path) -> None:
    done = run(TRAIN, "stopped", "--speed", 0, "--run-dir", tmp_path, "--world-size", 3, env=environment(hook_file))
    agent.wait_until_disconnected()

    assert done.returncode == 0, done.stderr
    assert len(agent.hellos) == 1
    assert len(agent.of("progress")) == 12
    assert len(agent.of("end")) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
def test_a_forked_child_is_silent_and_leaves_the_parents_connection_alone(agent: Listener, hook_file: Path) -> None:
    code = """
import os
from torch.utils.tensorboard import SummaryWriter
writer = SummaryWriter()
writer.add_scalar("parent", 1.0, 1)
child = os.fork()
if child == 0:
    writer.add_scalar("child", 1.0, 1)
    raise SystemExit(0)
os.waitpid(child, 0)
writer.add_scalar("parent", 2.0, 2)
"""
    assert python(code, hook_file).returncode == 0
    agent.wait_until_disconnected()

    assert len(agent.hellos) == 1
    assert [row[1:] for message in agent.of("scalars") for row in message["rows"]] == [["parent", 1.0, 1], ["parent", 2.0, 2]]


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_data_loader_workers_are_silent(method: str, agent: Listener, hook_file: Path, tmp_path: Path) -> None:
    if sys.platform == "win32" and method != "spawn":
        pytest.skip(f"Windows has no {method}")
    script = tmp_path / "train.py"
    script.write_text(f"""
import multiprocessing
from torch.utils.tensorboard import SummaryWriter

def load(item):
    SummaryWriter()
    return item * 2

if __name__ == "__main__":
    writer = SummaryWriter()
    writer.add_scalar("before", 1.0, 1)
    with multiprocessing.get_context("{method}").Pool(2) as pool:
        for step, item in enumerate(pool.map(load, range(4))):
            writer.add_scalar("item", item, step)
""")
    done = run(script, env=environment(hook_file, path=(FAKE_ONETRAINER,)))
    agent.wait_until_disconnected()

    assert (done.returncode, done.stderr) == (0, "")
    assert len(agent.hellos) == 1
    rows = [row for message in agent.of("scalars") for row in message["rows"]]
    assert [row[2] for row in rows] == [1.0, 0.0, 2.0, 4.0, 6.0]
