"""Reporting from the trainers of other libraries. Each module needs the library that it is named after, and nothing else."""
