"""Which process of a distributed training reports, the one of rank 0, and whether it is alone."""

import os
import sys


def is_reporting_rank() -> bool:
    """:returns: False for ranks above 0, by torch.distributed where it runs, else by the launcher's environment variables"""
    distributed = sys.modules.get("torch.distributed")
    if distributed is not None and distributed.is_available() and distributed.is_initialized():
        return int(distributed.get_rank()) == 0
    rank = os.environ.get("RANK") or os.environ.get("LOCAL_RANK") or "0"
    return not rank.isdecimal() or int(rank) == 0


def has_other_ranks() -> bool:
    """:returns: whether other processes train along, and wait for this one at every step"""
    distributed = sys.modules.get("torch.distributed")
    if distributed is not None and distributed.is_available() and distributed.is_initialized():
        return int(distributed.get_world_size()) > 1
    size = os.environ.get("WORLD_SIZE") or "1"
    return size.isdecimal() and int(size) > 1
