from enum import Enum


class ImageFormat(Enum):
    PNG = "PNG"
    JPG = "JPG"

    def extension(self):
        return "." + self.value.lower()
