"""What `RuncastCallback` needs of Hugging Face's library: the names, and a loop that calls a callback as `Trainer` does."""

from types import SimpleNamespace


class TrainerCallback: ...


class TrainerControl:
    should_save = False
    should_training_stop = False


TrainerState = TrainingArguments = SimpleNamespace


def train(callback, *, steps=4, epochs=2, report_to=(), between=lambda step: None):
    """Calls the callback as a training of `epochs` × `steps` would. :returns: the steps after which a checkpoint was written"""
    args = SimpleNamespace(
        run_name="tiny", output_dir="out", report_to=list(report_to), to_dict=lambda: {"learning_rate": 5e-5, "hub_token": None}
    )
    state = SimpleNamespace(is_world_process_zero=True, num_train_epochs=epochs, max_steps=steps * epochs, global_step=0)
    control, saved = TrainerControl(), []
    callback.on_train_begin(args, state, control, model=None)
    for step in range(1, steps * epochs + 1):
        between(step)
        state.global_step = step
        callback.on_step_end(args, state, control)
        callback.on_log(args, state, control, logs={"loss": 1 / step, "learning_rate": 5e-5, "epoch": step / steps})
        if control.should_save:
            saved.append(step)
            control.should_save = False
            callback.on_save(args, state, control)
        if control.should_training_stop:
            break
    callback.on_log(args, state, control, logs={"eval_loss": 0.5})
    callback.on_train_end(args, state, control)
    return saved
