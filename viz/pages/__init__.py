"""HTML pages of figures, players and explorers, each one file that needs no network."""
