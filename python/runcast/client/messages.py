"""What a room says to a batched viewer, as protocol/viewer-messages.ts has it. Unknown fields pass."""

from typing import Annotated, Any, Literal, TypeAlias, TypedDict

from runcast.client.events import AnyEvent, CommandState
from runcast.client.shapes import AtLeast, Length, check_for

BATCHED_SUBPROTOCOL = "runcast.v1.json"

Role: TypeAlias = Literal["viewer", "operator", "agent", "owner"]
Offset: TypeAlias = Annotated[int, AtLeast(0)]


class AgentHealth(TypedDict):
    connected: bool
    since: str | None
    last_heard: str | None


class TrainerHealth(TypedDict):
    status: str | None
    phase: str | None
    error: str | None


class ProcessHealth(TypedDict):
    """`state`: alive, exited, or unknown where nobody is there to see it."""

    state: str
    pid: int | None
    exit_code: int | None
    signal: str | None


class ProgressHealth(TypedDict):
    """`state`: waiting, advancing, stalled, paused, over, or unknown. `usual_s` and `threshold_s` in seconds."""

    state: str
    since: str | None
    phase: str | None
    usual_s: float | None
    threshold_s: float | None
    reason: str | None


class _Health(TypedDict):
    agent: AgentHealth
    trainer: TrainerHealth


class Health(_Health, total=False):
    """Relays of an earlier version tell the first two alone."""

    process: ProcessHealth
    progress: ProgressHealth


class Watching(TypedDict):
    """Live viewer connections: how many in all, and the names shown."""

    count: int
    names: list[str]


class _Snapshot(TypedDict):
    training_progress: AnyEvent | None
    training_status: AnyEvent | None
    sample_progress: AnyEvent | None
    system_stats: AnyEvent | None
    validation_result: AnyEvent | None
    run_info: AnyEvent | None
    agent_status: AnyEvent | None
    samples: list[AnyEvent]
    commands: list[dict[str, Any]]
    health: Health
    viewers: Watching


class Snapshot(_Snapshot, total=False):
    """The run's present state: the newest event of each type, None where there was none, and what belongs to no event. `samples`: the
    newest, oldest first. `commands`: those without a terminal state."""

    training_health: AnyEvent | None


class Keepalive(TypedDict):
    """The text to send, the text that answers it, and how often, in milliseconds."""

    send: str
    reply: str
    every_ms: int


class Limits(TypedDict):
    ack_every_bytes: int
    window_bytes: int
    max_frame_bytes: int
    messages_per_second: int


class _Welcome(TypedDict):
    type: Literal["welcome"]
    timestamp: str
    client_id: str
    run: str
    role: Role
    log_id: str
    oldest_offset: Offset
    last_offset: Offset
    recovered: bool
    snapshot: Snapshot
    keepalive: Keepalive
    limits: Limits


class Welcome(_Welcome, total=False):
    """`expires_at`: when the token ends, and the connection with it unless a newer one is given."""

    expires_at: str | None


class Batch(TypedDict):
    type: Literal["batch"]
    timestamp: str
    events: list[AnyEvent]
    through: Offset


Renumbered = TypedDict("Renumbered", {"type": Literal["renumbered"], "log_id": str, "from": Annotated[int, AtLeast(1)]})


class Subscribed(TypedDict):
    type: Literal["subscribed"]
    events: list[str]
    all_subscriptions: list[str]


class Unsubscribed(TypedDict):
    type: Literal["unsubscribed"]
    events: list[str]
    remaining_subscriptions: list[str]


class _Pong(TypedDict):
    type: Literal["pong"]
    server_timestamp: str


class Pong(_Pong, total=False):
    client_timestamp: object


class CommandAck(TypedDict):
    type: Literal["command_ack"]
    id: str
    state: CommandState


class Refreshed(TypedDict):
    """The connection goes on with the new token, until `expires_at`."""

    type: Literal["refreshed"]
    expires_at: str


class _ErrorMessage(TypedDict):
    type: Literal["error"]
    code: str
    message: str


class ErrorMessage(_ErrorMessage, total=False):
    """`id`: the command that it is about, where it is about one."""

    retry_after_ms: float
    id: object


class KeepaliveAck(TypedDict):
    type: Literal["keepalive_ack"]


Answer: TypeAlias = Subscribed | Unsubscribed | Pong | Refreshed | CommandAck | ErrorMessage
"""What answers a message of the viewer."""

RoomMessage: TypeAlias = Welcome | Batch | Renumbered | KeepaliveAck | Answer


class _Event(TypedDict):
    type: Annotated[str, Length(1, 64)]


class _EventAsItComes(_Event, total=False):
    timestamp: Annotated[str, Length(0, 40)]
    offset: Annotated[int, AtLeast(1)]


class _BatchAsItComes(TypedDict):
    timestamp: str
    events: list[_EventAsItComes]
    through: Offset


CHECKS = {
    "welcome": check_for(Welcome),
    "batch": check_for(_BatchAsItComes),
    "renumbered": check_for(Renumbered),
    "subscribed": check_for(Subscribed),
    "unsubscribed": check_for(Unsubscribed),
    "pong": check_for(Pong),
    "refreshed": check_for(Refreshed),
    "command_ack": check_for(CommandAck),
    "error": check_for(ErrorMessage),
    "keepalive_ack": check_for(KeepaliveAck),
}
"""Whether a message has the shape of its type."""

check_event = check_for(_EventAsItComes)
