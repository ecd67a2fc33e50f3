"""What a trainer tells whoever started it."""


def _ignore(*_):
    return None


class TrainCallbacks:
    """Each method passes its arguments on to the function given for it, and lets none of its exceptions out."""

    def __init__(
        self,
        on_update_train_progress=_ignore,
        on_update_status=_ignore,
        on_sample_default=_ignore,
        on_update_sample_default_progress=_ignore,
        on_sample_custom=_ignore,
        on_update_sample_custom_progress=_ignore,
    ):
        self._given = {
            "on_update_train_progress": on_update_train_progress,
            "on_update_status": on_update_status,
            "on_sample_default": on_sample_default,
            "on_update_sample_default_progress": on_update_sample_default_progress,
            "on_sample_custom": on_sample_custom,
            "on_update_sample_custom_progress": on_update_sample_custom_progress,
        }

    def _pass_on(self, name, *args):
        try:
            self._given[name](*args)
        except Exception:
            return

    def on_update_train_progress(self, train_progress, max_step, max_epoch):
        self._pass_on("on_update_train_progress", train_progress, max_step, max_epoch)

    def on_update_status(self, status):
        self._pass_on("on_update_status", status)

    def on_sample_default(self, sampler_output):
        self._pass_on("on_sample_default", sampler_output)

    def on_update_sample_default_progress(self, step, max_step):
        self._pass_on("on_update_sample_default_progress", step, max_step)

    def on_sample_custom(self, sampler_output):
        self._pass_on("on_sample_custom", sampler_output)

    def on_update_sample_custom_progress(self, progress, max_progress):
        self._pass_on("on_update_sample_custom_progress", progress, max_progress)
