import multiprocessing

import torch.distributed
from modules.trainer.BaseTrainer import BaseTrainer
from modules.trainer.GenericTrainer import GenericTrainer
from modules.util import multi_gpu_util as multi
from modules.util.callbacks.TrainCallbacks import TrainCallbacks
from modules.util.commands.TrainCommands import TrainCommands


class MultiTrainer(BaseTrainer):
    """Rank 0 trains in this process, with commands of its own; the other ranks in processes that it spawns."""

    def __init__(self, config, callbacks, commands, stage):
        super().__init__(config, callbacks, commands)
        self.stage = stage

    @staticmethod
    def _train_process(rank, world_size, config, stage, callbacks=None):
        torch.distributed.init_process_group(rank, world_size)
        trainer = GenericTrainer(config, callbacks or TrainCallbacks(), TrainCommands(), stage)
        trainer.start()
        trainer.train()
        trainer.end()

    def start(self):
        return None

    def train(self):
        context = multiprocessing.get_context("spawn")
        arguments = (self.config.world_size, self.config, self.stage)
        workers = [
            context.Process(target=MultiTrainer._train_process, args=(rank, *arguments)) for rank in range(1, self.config.world_size)
        ]
        for worker in workers:
            worker.start()
        multi.set_global_commands(self.commands)
        MultiTrainer._train_process(0, *arguments, callbacks=self.callbacks)
        for worker in workers:
            worker.join()

    def end(self):
        return None
