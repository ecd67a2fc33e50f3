class TrainProgress:
    """How far a training is. One object for the whole run, changed in place."""

    def __init__(self, epoch=0, epoch_step=0, epoch_sample=0, global_step=0):
        self.epoch = epoch
        self.epoch_step = epoch_step
        self.epoch_sample = epoch_sample
        self.global_step = global_step

    def filename_string(self):
        return f"{self.global_step}-{self.epoch}-{self.epoch_step}"
