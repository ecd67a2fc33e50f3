"""OneTrainer: what is wrapped in its classes, and how it is told what to do."""
