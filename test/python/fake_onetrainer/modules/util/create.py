def create_trainer(config, callbacks, commands, stage=None):
    if getattr(config, "world_size", 1) > 1:
        from modules.trainer.MultiTrainer import MultiTrainer

        return MultiTrainer(config, callbacks, commands, stage)
    from modules.trainer.GenericTrainer import GenericTrainer

    return GenericTrainer(config, callbacks, commands, stage)
