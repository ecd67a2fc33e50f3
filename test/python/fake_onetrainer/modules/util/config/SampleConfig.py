class SampleConfig:
    """What one picture is made from."""

    @staticmethod
    def default_values(model_type=None):
        config = SampleConfig()
        config.prompt = ""
        config.negative_prompt = ""
        config.width = config.height = 512 if model_type is None else 1024
        config.seed = 42
        config.random_seed = False
        config.diffusion_steps = 30
        config.cfg_scale = 7.0
        return config
