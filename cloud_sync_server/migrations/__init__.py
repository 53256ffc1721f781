"""The schema's history, run up to its head at every start."""
