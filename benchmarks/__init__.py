"""minigrad beside its peers, in one run: `python -m benchmarks --help`. Nothing in here is installed with minigrad."""
