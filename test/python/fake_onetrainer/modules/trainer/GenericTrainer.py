import os

from modules.modelSampler.BaseModelSampler import BaseModelSampler, ModelSamplerOutput
from modules.trainer.BaseTrainer import BaseTrainer
from modules.util import multi_gpu_util as multi
from modules.util.config.SampleConfig import SampleConfig
from modules.util.enum.FileType import FileType
from modules.util.enum.ImageFormat import ImageFormat
from modules.util.TrainProgress import TrainProgress
from replay.recording import sample_picture
from torch.utils.tensorboard import SummaryWriter


class _Stopped(Exception):
    pass


class GenericTrainer(BaseTrainer):
    """Replays a recording: what it says was called is called, with what it says."""

    def __init__(self, config, callbacks, commands, stage):
        super().__init__(config, callbacks, commands)
        self.stage = stage
        self.progress = TrainProgress()
        self.tensorboard = SummaryWriter(os.path.join(config.workspace_dir, "tensorboard"))

    def start(self):
        self._play(self.stage.recording.start)

    def train(self):
        try:
            self._play(self.stage.recording.train)
        except _Stopped:
            return
        if self.stage.recording.failure:
            raise RuntimeError(self.stage.recording.failure)

    def end(self):
        self._play(self.stage.recording.end)
        self.tensorboard.close()

    def _play(self, calls):
        for call in calls:
            self.stage.clock.advance(call["t"])
            getattr(self, "_play_" + call["call"].removeprefix("TrainCommands."))(call)

    def _play_on_update_status(self, call):
        if call["status"] == "Training ...":
            multi.sync_commands(self.commands)
            self._obey()
        self.callbacks.on_update_status(call["status"])

    def _play_on_update_train_progress(self, call):
        vars(self.progress).update(call["train_progress"])
        self.callbacks.on_update_train_progress(self.progress, call["max_step"], call["max_epoch"])
        multi.sync_commands(self.commands)
        if self.commands.get_stop_command():
            raise _Stopped

    def _play_on_update_sample_default_progress(self, call):
        self.callbacks.on_update_sample_default_progress(call["step"], call["max_step"])

    def _play_on_update_sample_custom_progress(self, call):
        self.callbacks.on_update_sample_custom_progress(call["step"], call["max_step"])

    def _play_save_sampler_output(self, call):
        destination = call["destination"].replace("RUN", self.stage.run_dir, 1)
        self.output = self._save(destination, ImageFormat(call["extension"].lstrip(".").upper()))

    def _play_on_sample_default(self, call):
        self.callbacks.on_sample_default(self.output)

    def _play_on_sample_custom(self, call):
        self.callbacks.on_sample_custom(self.output)

    def _play_add_scalar(self, call):
        if multi.is_master():
            self.tensorboard.add_scalar(call["tag"], call["value"], call["global_step"])

    # What was asked for while the run was recorded shows in the recording by itself: asked again here, it is taken back at once.

    def _play_stop(self, call):
        self.commands.stop()

    def _play_sample_custom(self, call):
        config = SampleConfig.default_values()
        vars(config).update({key: value for key, value in call.items() if key not in ("t", "call")})
        self.commands.sample_custom(config)
        self.commands.get_and_reset_sample_custom_commands()

    def _play_backup(self, call):
        self.commands.backup()
        self.commands.get_and_reset_backup_command()

    def _play_save(self, call):
        self.commands.save()
        self.commands.get_and_reset_save_command()

    def _obey(self):
        """Does what was asked for since the last step, in OneTrainer's order."""
        if self.commands.get_and_reset_sample_default_command():
            self._sample("0 - a red circle", self.callbacks.on_update_sample_default_progress, self.callbacks.on_sample_default, steps=4)
        for config in self.commands.get_and_reset_sample_custom_commands():
            self._sample("custom", self.callbacks.on_update_sample_custom_progress, self.callbacks.on_sample_custom, config.diffusion_steps)
        if self.commands.get_and_reset_backup_command():
            self.callbacks.on_update_status("Creating backup")
        if self.commands.get_and_reset_save_command():
            self.callbacks.on_update_status("Saving")

    def _sample(self, folder, on_progress, on_sample, steps):
        self.callbacks.on_update_status("Sampling ...")
        for step in range(1, steps + 1):
            on_progress(step, steps)
        name = f"2026-11-23_12-00-00-training-sample-{self.progress.filename_string()}"
        on_sample(self._save(os.path.join(self.config.workspace_dir, "samples", folder, name), ImageFormat.JPG))

    def _save(self, destination, image_format):
        folder, name = os.path.split(destination)
        picture = sample_picture(os.path.basename(folder), name.partition("-training-sample")[2])
        output = ModelSamplerOutput(FileType.IMAGE, picture)
        BaseModelSampler.save_sampler_output(output, destination, image_format, None, None)
        return output
