"""Commands for OneTrainer. It answers nothing: that a command was taken up shows in the records that follow it."""

from runcast.hook.onetrainer.asked_sample import custom_sample
from runcast.hook.onetrainer.live import LiveTraining
from runcast.hook.recording import Record
from runcast.hook.steering import ENDED, TRAIN_LEFT, Message, Open, Outcome


def hand_over(training: LiveTraining, id: str, name: str, message: Message) -> Open:
    """Gives a command to the `TrainCommands` that the training obeys.

    :raises Refused: a field is out of bounds
    """
    if name == "sample":
        sample = custom_sample(message, training.model_type)
        if sample is None:
            training.commands.sample_default()
            return Open(id, name, outcome_of, sample_type="default")
        training.commands.sample_custom(sample)
        return Open(id, name, outcome_of, sample_type="custom", prompt=sample.prompt)
    {"stop": training.commands.stop, "backup": training.commands.backup, "save": training.commands.save}[name]()
    return Open(id, name, outcome_of)


def outcome_of(command: Open, item: Record) -> Outcome | None:
    """:returns: what a record that came after the command says about it; None where that is nothing (`has_begun` is kept in `command`)"""
    kind, status = item[0], item[2] if item[0] == "status_text" else None
    if command.command == "stop" and kind in ("progress", TRAIN_LEFT):
        # OneTrainer looks at the flag right after the callback that tells of progress.
        return Outcome("applied")
    if kind == "error" or (kind == TRAIN_LEFT and not command.has_begun):
        return Outcome("failed", ENDED)
    if command.command == "stop":
        return None
    if command.command == "sample":
        return _outcome_of_sample(command, item, status)
    if status == {"backup": "Creating backup", "save": "Saving"}[command.command]:
        command.has_begun = True
        return None
    return Outcome("applied") if command.has_begun and kind in ("status_text", "progress", TRAIN_LEFT) else None


def _outcome_of_sample(command: Open, item: Record, status: str | None) -> Outcome | None:
    if status == "Sampling ...":
        command.has_begun = True
    elif command.has_begun and item[0] == "sample" and item[2] == command.sample_type:
        return Outcome("applied")
    elif command.has_begun and (status is not None or item[0] == TRAIN_LEFT):
        return Outcome("failed", "the trainer sampled, and no picture came of it")
    return None
