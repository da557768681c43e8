"""The passes over a tape, frame by frame: what each says and shows."""
