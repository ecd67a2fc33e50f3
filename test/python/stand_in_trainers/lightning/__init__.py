"""What the Lightning logger and callback need of the library: the names."""
