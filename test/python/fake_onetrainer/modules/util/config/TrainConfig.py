import math


class TrainConfig:
    """The settings of a run. `to_dict()` holds on purpose what JSON does not: NaN, an infinity, a tuple and an object."""

    def __init__(self, workspace_dir, epochs):
        self.workspace_dir = workspace_dir
        self.epochs = epochs
        self.model_type = None

    def to_dict(self):
        return {
            "workspace_dir": self.workspace_dir,
            "epochs": self.epochs,
            "learning_rate": 0.001,
            "clip_grad_norm": math.inf,
            "undefined": math.nan,
            "betas": (0.9, 0.999),
            "device": _Device(),
            "optimizer": {"optimizer": "ADAMW", "weight_decay": 0.01},
        }


class _Device:
    def __str__(self):
        return "cpu"
