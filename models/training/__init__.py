"""Training: updates, programs for them, and the folder that a run is kept in."""
