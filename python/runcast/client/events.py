"""The events of a run, as protocol/events.ts has them: flat JSON objects. Every field but those of the first class of each pair may be
absent or null. Times of day are ISO-8601 in UTC. Unknown types and unknown fields pass through."""

from typing import Annotated, Any, Literal, TypeAlias, TypedDict

from runcast.client.shapes import AtLeast, Length, Matching, check_for
from runcast.client.wire import WireNumber

_ID = r"[A-Za-z0-9._-]{1,64}"
_LOG_LINE_MAX = 8 * 1024
PROMPT_MAX = 4 * 1024
_SERIES_PER_RUN = 2000

Number: TypeAlias = WireNumber | None
Count: TypeAlias = Annotated[int, AtLeast(0)] | None
Id: TypeAlias = Annotated[str, Matching(_ID)]
Word: TypeAlias = Annotated[str, Length(0, 64)] | None
Name: TypeAlias = Annotated[str, Length(0, 200)] | None
Line: TypeAlias = Annotated[str, Length(0, _LOG_LINE_MAX)] | None
Time: TypeAlias = Annotated[str, Length(0, 40)] | None

RunStatus: TypeAlias = Literal["idle", "starting", "running", "paused", "stopping", "stopped", "error", "completed"]
CommandName: TypeAlias = Literal["stop", "pause", "resume", "sample", "backup", "save"]
CommandState: TypeAlias = Literal["queued", "delivered", "applied", "rejected", "expired", "failed"]
LogLevel: TypeAlias = Literal["debug", "info", "warning", "error", "critical"]
SampleType: TypeAlias = Literal["default", "custom"]

AnyEvent: TypeAlias = dict[str, Any]
"""An event of any type: the fields are whatever the producer sent."""


class Placed(TypedDict):
    """What every event has that has been through a room."""

    offset: Annotated[int, AtLeast(1)]
    timestamp: Annotated[str, Length(0, 40)]


class Gpu(TypedDict, total=False):
    index: Count
    uuid: Name
    name: Name
    utilization_percent: Number
    memory_used_gb: Number
    memory_total_gb: Number
    temperature_c: Number
    power_w: Number
    power_limit_w: Number
    sm_clock_mhz: Number
    memory_clock_mhz: Number
    fan_percent: Number
    throttle_reasons: list[Annotated[str, Length(0, 64)]] | None


class Disk(TypedDict, total=False):
    mount: Annotated[str, Length(0, 1024)] | None
    used_gb: Number
    total_gb: Number


class Network(TypedDict, total=False):
    received_bytes_per_second: Number
    sent_bytes_per_second: Number


class Process(TypedDict, total=False):
    pid: Count
    cpu_percent: Number
    ram_used_gb: Number
    gpu_memory_used_gb: Number


class _TrainingProgress(Placed):
    type: Literal["training_progress"]


class TrainingProgress(_TrainingProgress, total=False):
    """`step` is `epoch_step`, so that `step / max_step` is the epoch's progress; `global_step` is the run's. `max_step`: of one epoch."""

    step: Count
    epoch: Count
    epoch_step: Count
    global_step: Count
    max_step: Count
    max_epoch: Count
    loss: Number
    smooth_loss: Number
    learning_rate: Number
    eta_seconds: Number
    eta_low_seconds: Number
    eta_high_seconds: Number
    steps_per_second: Number
    phase: Word


class _TrainingStatus(Placed):
    type: Literal["training_status"]
    status: RunStatus


class TrainingStatus(_TrainingStatus, total=False):
    message: Line
    error: Line
    phase: Word


class _SampleGenerated(Placed):
    type: Literal["sample_generated"]
    sample_id: Id


class SampleGenerated(_SampleGenerated, total=False):
    """`path` and `thumbnail_path`: URL paths on the relay."""

    path: Annotated[str, Length(0, 512)] | None
    thumbnail_path: Annotated[str, Length(0, 512)] | None
    sample_type: SampleType | None
    media_type: Word
    width: Count
    height: Count
    step: Count
    epoch: Count
    prompt: Annotated[str, Length(0, PROMPT_MAX)] | None
    sha256: Word


class _SampleProgress(Placed):
    type: Literal["sample_progress"]


class SampleProgress(_SampleProgress, total=False):
    sample_type: SampleType | None
    step: Count
    max_step: Count


class _Log(Placed):
    type: Literal["log"]
    level: LogLevel
    message: Annotated[str, Length(0, _LOG_LINE_MAX)]


class Log(_Log, total=False):
    source: Word


class _SystemStats(Placed):
    type: Literal["system_stats"]


class SystemStats(_SystemStats, total=False):
    """The first GPU and the host; gigabytes are 10⁹ or 2³⁰ bytes as the machine's own tools count them."""

    gpu_memory_used_gb: Number
    gpu_memory_total_gb: Number
    gpu_utilization_percent: Number
    cpu_percent: Number
    ram_used_gb: Number
    ram_total_gb: Number
    gpus: Annotated[list[Gpu], Length(0, 64)] | None
    disks: Annotated[list[Disk], Length(0, 64)] | None
    network: Network | None
    process: Process | None


class _ValidationResult(Placed):
    type: Literal["validation_result"]


class ValidationResult(_ValidationResult, total=False):
    step: Count
    epoch: Count
    validation_loss: Number
    label: Name


class Metrics(Placed):
    """Columnar: one list a series, as long as `steps`; None where a series has no value at that step."""

    type: Literal["metrics"]
    steps: list[int]
    series: dict[Annotated[str, Length(1, 200)], list[WireNumber | None]]


class _RunInfo(Placed):
    type: Literal["run_info"]


class RunInfo(_RunInfo, total=False):
    name: Name
    trainer: Name
    version: Name
    config: dict[str, object] | None
    host: object
    gpus: Annotated[list[object], Length(0, 64)] | None
    started_at: Time
    resumed_from: object


class _CommandStatus(Placed):
    type: Literal["command_status"]
    command_id: Id
    command: CommandName
    state: CommandState


class CommandStatus(_CommandStatus, total=False):
    by: Name
    global_step: Count
    error: Line


class _AgentStatus(Placed):
    type: Literal["agent_status"]
    connected: bool


class AgentStatus(_AgentStatus, total=False):
    since: Time
    last_heard: Time
    reason: Line


class _ProcessHealth(TypedDict):
    state: Literal["alive", "exited"]


class ProcessHealth(_ProcessHealth, total=False):
    pid: Count
    exit_code: int | None
    signal: Word


class _ProgressHealth(TypedDict):
    state: Literal["waiting", "advancing", "stalled", "paused", "over"]


class ProgressHealth(_ProgressHealth, total=False):
    since: Time
    phase: Word
    usual_s: float | None
    threshold_s: float | None
    reason: Line


class TrainingHealth(Placed):
    type: Literal["training_health"]
    process: ProcessHealth
    progress: ProgressHealth


class _Alert(Placed):
    type: Literal["alert"]


class Alert(_Alert, total=False):
    rule: Name
    severity: Word
    message: Line
    value: object


RunEvent: TypeAlias = (
    TrainingProgress
    | TrainingStatus
    | SampleGenerated
    | SampleProgress
    | Log
    | SystemStats
    | ValidationResult
    | Metrics
    | RunInfo
    | CommandStatus
    | AgentStatus
    | TrainingHealth
    | Alert
)
"""An event of a type that this version knows."""

_CHECKS = {
    "training_progress": check_for(TrainingProgress),
    "training_status": check_for(TrainingStatus),
    "sample_generated": check_for(SampleGenerated),
    "sample_progress": check_for(SampleProgress),
    "log": check_for(Log),
    "system_stats": check_for(SystemStats),
    "validation_result": check_for(ValidationResult),
    "metrics": check_for(Metrics),
    "run_info": check_for(RunInfo),
    "command_status": check_for(CommandStatus),
    "agent_status": check_for(AgentStatus),
    "training_health": check_for(TrainingHealth),
    "alert": check_for(Alert),
}

EVENT_TYPES = frozenset(_CHECKS)


def sort_event(event: AnyEvent) -> Literal["known", "unknown", "invalid"]:
    """:param event: with its place in the log
    :returns: whether this version knows the type, and whether the fields fit it
    """
    check = _CHECKS.get(event["type"])
    if check is None:
        return "unknown"
    fits = check(event) is None and (event["type"] != "metrics" or _is_columnar(event))
    return "known" if fits else "invalid"


def _is_columnar(event: AnyEvent) -> bool:
    series = event["series"]
    return len(series) <= _SERIES_PER_RUN and all(len(column) == len(event["steps"]) for column in series.values())
