"""Who is rank 0, and how what it was told reaches the trainer that runs in it."""

import torch.distributed

_global_commands = None


def is_master():
    return not torch.distributed.is_initialized() or torch.distributed.get_rank() == 0


def set_global_commands(commands):
    global _global_commands
    _global_commands = commands


def sync_commands(commands):
    if _global_commands is not None:
        commands.merge(_global_commands)
