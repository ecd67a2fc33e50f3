"""A Hugging Face `Trainer` that reports to runcast.

    from runcast.integrations.transformers import RuncastCallback
    Trainer(..., callbacks=[RuncastCallback()])

Every figure that the trainer logs is told, progress at each step, evaluations under `eval/…`. Operators may stop, save and pause: a stop is
the trainer's own (`should_training_stop`), so it ends as after an early stopping; with save it writes a checkpoint before.
"""

from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

import runcast


class RuncastCallback(TrainerCallback):
    """Reports a training of `transformers.Trainer`, of process 0 alone.

    :param name: what viewers see the run called; by default the trainer's own `run_name`
    """

    def __init__(self, name: str | None = None) -> None:
        self._name = name
        self._asked: set[str] = set()

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        if not state.is_world_process_zero:
            return
        config = {"training": _public(args.to_dict())}
        describe = getattr(getattr(kwargs.get("model"), "config", None), "to_dict", None)
        if describe is not None:
            config["model"] = _public(describe())
        runcast.init(self._name or getattr(args, "run_name", None) or args.output_dir, config)
        runcast.on_command("stop", self._stop)
        runcast.on_command("save", self._save)
        runcast.on_command("backup", self._save)
        runcast.status("running", phase="training")

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> TrainerControl:
        if state.is_world_process_zero:
            epochs = max(1, round(state.num_train_epochs or 1))
            steps = max(1, round(state.max_steps / epochs)) if state.max_steps > 0 else None
            epoch = None if steps is None else min(epochs, state.global_step // steps)
            within = None if steps is None or epoch is None else state.global_step - epoch * steps
            runcast.progress(state.global_step, epoch=epoch, epoch_step=within, max_step=steps, max_epoch=epochs)
            if self._asked:
                control.should_save = control.should_save or "save" in self._asked
                control.should_training_stop = control.should_training_stop or "stop" in self._asked
                self._asked.clear()
        return control

    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, logs: dict[str, Any] | None = None, **kwargs: Any
    ) -> None:
        # Where the trainer writes TensorBoard files, the hook has the same figures from there.
        if state.is_world_process_zero and "tensorboard" not in (args.report_to or ()):
            runcast.log(_figures(logs or {}), step=state.global_step)

    def on_evaluate(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        if state.is_world_process_zero:
            runcast.status("running", phase="training")

    def on_prediction_step(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        if state.is_world_process_zero:
            runcast.status("running", phase="validating")

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        if state.is_world_process_zero:
            runcast.status("running", phase="saving", message=f"checkpoint-{state.global_step}")
            runcast.status("running", phase="training")

    def on_train_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        if state.is_world_process_zero:
            runcast.finish()

    def _stop(self, command: "runcast.Command") -> None:
        self._asked.add("stop")
        if command.fields.get("save"):
            self._asked.add("save")

    def _save(self, _: "runcast.Command") -> None:
        self._asked.add("save")


def _figures(logs: dict[str, Any]) -> dict[str, float]:
    """The trainer calls its figures `loss` and `eval_loss`; viewers find what belongs together by what stands before a slash."""
    numbers = {key: value for key, value in logs.items() if isinstance(value, (int, float)) and not isinstance(value, bool)}
    return {_named(key): float(value) for key, value in numbers.items()}


def _named(key: str) -> str:
    for prefix in ("eval", "test"):
        if key.startswith(f"{prefix}_"):
            return f"{prefix}/{key[len(prefix) + 1 :]}"
    return f"train/{key}"


def _public(settings: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in settings.items() if value is not None}
