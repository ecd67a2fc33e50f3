from pathlib import Path


class ModelSamplerOutput:
    """A finished sample. Here `data` is the bytes of an encoded picture."""

    def __init__(self, file_type, data):
        self.file_type = file_type
        self.data = data


class BaseModelSampler:
    @staticmethod
    def save_sampler_output(sampler_output, destination, image_format, video_format, audio_format, fps=24):
        """Writes the sample to `destination`, which has no extension."""
        path = Path(destination + image_format.extension())
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(sampler_output.data)
