"""From a tape or a run to a drawing: what a picture says, before it has places."""
