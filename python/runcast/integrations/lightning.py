"""A Lightning `Logger` that reports to runcast.

    from runcast.integrations.lightning import RuncastCallback, RuncastLogger
    Trainer(logger=RuncastLogger(), callbacks=[RuncastCallback()])

The logger tells every figure and the hyperparameters; the callback tells progress and phases, and takes operators' commands: a stop is the
trainer's own (`should_stop`), a save writes a checkpoint into its default folder.
"""

import os
from argparse import Namespace
from collections.abc import Mapping
from typing import Any

try:
    from lightning.pytorch.callbacks import Callback
    from lightning.pytorch.loggers.logger import Logger
    from lightning.pytorch.utilities import rank_zero_only
except ImportError:  # the same library under its older name
    from pytorch_lightning.callbacks import Callback
    from pytorch_lightning.loggers.logger import Logger
    from pytorch_lightning.utilities import rank_zero_only

import runcast


class RuncastLogger(Logger):
    """Reports figures and hyperparameters of a Lightning training, of rank 0 alone.

    :param name: what viewers see the run called
    """

    def __init__(self, name: str | None = None) -> None:
        super().__init__()
        self._run = name

    @property
    def name(self) -> str:
        return self._run or "lightning"

    @property
    def version(self) -> str:
        return "0"

    @rank_zero_only
    def log_hyperparams(self, params: Mapping[str, Any] | Namespace, *args: Any, **kwargs: Any) -> None:
        runcast.init(self._run, vars(params) if isinstance(params, Namespace) else params)

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        # Lightning logs the epoch beside each figure, by which a chart would have a staircase more.
        runcast.log({name: value for name, value in metrics.items() if name != "epoch"}, step=step)

    @rank_zero_only
    def finalize(self, status: str) -> None:
        if status != "success":
            runcast.finish(error=None if status == "finished" else status)
        else:
            runcast.finish()


class RuncastCallback(Callback):
    """Tells progress and phases, and carries out operators' commands between two steps."""

    def __init__(self) -> None:
        self._asked: set[str] = set()

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        if trainer.is_global_zero:
            runcast.on_command("stop", self._stop)
            runcast.on_command("save", self._save)
            runcast.on_command("backup", self._save)
            runcast.status("running", phase="training")

    def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        if not trainer.is_global_zero:
            return
        batches = trainer.num_training_batches
        steps = int(batches) if batches not in (None, float("inf")) else None
        epochs = trainer.max_epochs if trainer.max_epochs and trainer.max_epochs > 0 else None
        done = trainer.current_epoch * steps + batch_idx + 1 if steps else trainer.global_step
        runcast.progress(done, epoch=trainer.current_epoch, epoch_step=batch_idx + 1, max_step=steps, max_epoch=epochs)
        if "save" in self._asked:
            trainer.save_checkpoint(os.path.join(trainer.default_root_dir, f"runcast-step-{trainer.global_step}.ckpt"))
        if "stop" in self._asked:
            trainer.should_stop = True
        self._asked.clear()

    def on_validation_start(self, trainer: Any, pl_module: Any) -> None:
        if trainer.is_global_zero and not trainer.sanity_checking:
            runcast.status("running", phase="validating")

    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
        if trainer.is_global_zero and not trainer.sanity_checking:
            runcast.status("running", phase="training")

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        if trainer.is_global_zero:
            runcast.finish(error=f"{type(exception).__name__}: {exception}")

    def _stop(self, command: "runcast.Command") -> None:
        self._asked.add("stop")
        if command.fields.get("save"):
            self._asked.add("save")

    def _save(self, _: "runcast.Command") -> None:
        self._asked.add("save")
