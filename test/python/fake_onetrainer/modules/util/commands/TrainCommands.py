"""What a trainer is told: flags that it looks at once a step."""


class TrainCommands:
    def __init__(self):
        self._stop = False
        self._custom = []
        self._flags = set()

    def stop(self):
        self._stop = True

    def get_stop_command(self):
        return self._stop

    def sample_custom(self, sample_params):
        self._custom.append(sample_params)

    def get_and_reset_sample_custom_commands(self):
        taken, self._custom = self._custom, []
        return taken

    def _take(self, flag):
        was_set = flag in self._flags
        self._flags.discard(flag)
        return was_set

    def sample_default(self):
        self._flags.add("sample_default")

    def get_and_reset_sample_default_command(self):
        return self._take("sample_default")

    def backup(self):
        self._flags.add("backup")

    def get_and_reset_backup_command(self):
        return self._take("backup")

    def save(self):
        self._flags.add("save")

    def get_and_reset_save_command(self):
        return self._take("save")

    def merge(self, other):
        """Takes over what was asked of `other`."""
        if other.get_stop_command():
            self.stop()
        for sample in other.get_and_reset_sample_custom_commands():
            self.sample_custom(sample)
        for flag in ("sample_default", "backup", "save"):
            if other._take(flag):
                self._flags.add(flag)
