"""Recurrent nets, unrolled and truncated. The public names and nothing else."""

from minigrad.renamed import moved, renamed

from .bptt import bptt
from .cell_check import check_cell
from .cells import GRU, LSTM, RNN, Recurrent, Residual, ScalarRNN
from .check import check_truncation
from .data.chunk import Chunk, one_epoch
from .data.series import Series
from .data.tasks import Adding, Agreement, CueRecall, Digits, batches, held_out_examples
from .data.text import Text, default_text, held_out, read_text, sample, streams, text_of
from .flow import (
    Bias,
    Spectrum,
    attribution,
    coverage,
    influence,
    lag_products,
    spectrum,
    state_gradient_norms,
    step_jacobians,
    truncation_bias,
)
from .model import Model, Net
from .training.checkpoint import Progress, read_checkpoint
from .training.clipping import Clip, clip_states
from .training.export import TrainedRun, export, load_run, module_of
from .training.files import Stored, load, save
from .training.folder import fit, resume
from .training.log import read_log
from .training.loop import train
from .training.schedule import Schedule
from .training.score import Score, evaluate
from .training.trainer import History, Trainer, Update
from .truncation import Truncation, k_truncated, subsequence, untruncated
from .unrolling import Unrolled, unroll

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "Adding",
    "Agreement",
    "Bias",
    "Chunk",
    "Clip",
    "CueRecall",
    "Digits",
    "History",
    "Model",
    "Net",
    "Progress",
    "Recurrent",
    "Residual",
    "ScalarRNN",
    "Schedule",
    "Score",
    "Series",
    "Spectrum",
    "Stored",
    "Text",
    "TrainedRun",
    "Trainer",
    "Truncation",
    "Unrolled",
    "Update",
    "attribution",
    "batches",
    "bptt",
    "check_cell",
    "check_truncation",
    "clip_states",
    "coverage",
    "default_text",
    "evaluate",
    "export",
    "fit",
    "held_out",
    "held_out_examples",
    "influence",
    "k_truncated",
    "lag_products",
    "load",
    "load_run",
    "module_of",
    "one_epoch",
    "read_checkpoint",
    "read_log",
    "read_text",
    "resume",
    "sample",
    "save",
    "spectrum",
    "state_gradient_norms",
    "step_jacobians",
    "streams",
    "subsequence",
    "text_of",
    "train",
    "truncation_bias",
    "unroll",
    "untruncated",
]

moved(
    "minigrad.models",
    {
        "clipping": "training.clipping",
        "exchange": "cells.torch",
        "experiment": "training.folder",
        "files": "training.files",
        "lab.kept": "lab.store",
        "lab.record": "lab.experiment",
        "probe": "training.probe",
        "recipe": "training.recipe",
        "residual": "cells.residual",
        "tasks": "data.tasks",
        "text": "data.text",
        "weights": "cells.init",
    },
)

__getattr__ = renamed(
    __name__,
    {
        "examination": "held_out_examples",
        "go_on": "resume",
        "gradient_norms": "state_gradient_norms",
        "passage": "one_epoch",
    },
)
