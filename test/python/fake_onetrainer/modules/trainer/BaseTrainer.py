class BaseTrainer:
    def __init__(self, config, callbacks, commands):
        self.config = config
        self.callbacks = callbacks
        self.commands = commands
