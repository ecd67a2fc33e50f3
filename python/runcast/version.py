"""The package's version, alone in a module so that building and start-up read it without importing anything else."""

VERSION = "0.1.0"
