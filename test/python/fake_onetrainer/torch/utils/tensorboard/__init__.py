from .writer import SummaryWriter

__all__ = ["SummaryWriter"]
