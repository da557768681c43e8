"""The lab: the lecture's claims, each stated, run, and borne out or not. The registry and nothing else."""

from .claims.bptt_is_backprop import bptt_is_backprop
from .claims.clipping import clipping
from .claims.memory import memory
from .claims.out_of_reach import out_of_reach
from .claims.powers import powers
from .claims.remedies import remedies
from .claims.shared_weight import shared_weight
from .claims.truncation import truncation
from .claims.update_frequency import update_frequency
from .claims.vanishing import vanishing
from .experiment import Experiment

EXPERIMENTS: dict[str, Experiment] = {
    experiment.statement.name: experiment
    for experiment in (
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
