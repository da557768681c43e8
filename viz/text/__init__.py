"""How numbers, names and labels are written, and how wide they are."""
