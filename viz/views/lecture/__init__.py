"""Views that lectures draw: loss by loss, the paths to an output, schedules, sentences, layers, several as one."""
