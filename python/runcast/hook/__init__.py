"""What runs inside the trainer's process: import hooks, wraps, the queue, and the thread that talks to the agent.

- `imports` waits for the modules that it knows and has them wrapped,
- `onetrainer`, `tensorboard` say what is wrapped, a file each; `wrapping` says how,
- `recording` is the queue: what the training thread touches, nothing more,
- `messages` makes protocol messages of records, `outbox` keeps what the agent has not acknowledged, bounded,
- `commands` follows what operators ask for: `onetrainer.steered` for OneTrainer, `explicit` for trainers with the explicit API,
- `pausing` is the gate in which the training thread is held, `pause_commands` closes and opens it,
- `sender` is the thread, `endpoint` and `connection` its way to the agent.
"""
