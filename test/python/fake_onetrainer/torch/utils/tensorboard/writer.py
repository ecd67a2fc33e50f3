class SummaryWriter:
    """Keeps scalars in memory; refuses, as the real one does, what is no number."""

    def __init__(self, log_dir=None):
        self.log_dir = log_dir
        self.rows = []

    def add_scalar(self, tag, scalar_value, global_step=None, walltime=None, new_style=False, double_precision=False):
        self.rows.append((tag, float(scalar_value), global_step))

    def add_scalars(self, main_tag, tag_scalar_dict, global_step=None, walltime=None):
        for tag, scalar_value in tag_scalar_dict.items():
            self.rows.append((f"{main_tag}/{tag}", float(scalar_value), global_step))

    def close(self):
        return None
