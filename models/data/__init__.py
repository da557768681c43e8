"""What nets are trained on: text, tasks."""
