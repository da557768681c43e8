"""The lab: the lecture's claims, each stated, run, and borne out or not. The registry and nothing else."""

from .backprop import bptt_is_backprop, shared_weight
from .clips import clipping
from .frequency import update_frequency
from .memory import memory
from .out_of_reach import out_of_reach
from .powers import powers
from .record import Experiment
from .remedies import remedies
from .truncations import truncation
from .vanishing import vanishing

EXPERIMENTS: dict[str, Experiment] = {
    each.statement.name: each
    for each in (
        bptt_is_backprop,
        shared_weight,
        truncation,
        out_of_reach,
        update_frequency,
        powers,
        vanishing,
        clipping,
        remedies,
        memory,
    )
}
"""By name, in the order of the lecture."""
