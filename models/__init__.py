"""Recurrent nets, unrolled and truncated. The public names and nothing else."""

from minigrad.renamed import moved

from .bptt import bptt
from .cells import GRU, LSTM, RNN, Recurrent, Residual, ScalarRNN
from .check import check_truncation
from .data.tasks import Adding, Agreement, CueRecall, Digits, batches, examination
from .data.text import Text, default_text, held_out, passage, read_text, sample, streams, text_of
from .flow import (
    Bias,
    Spectrum,
    attribution,
    coverage,
    gradient_norms,
    influence,
    lag_products,
    spectrum,
    state_gradient_norms,
    step_jacobians,
    truncation_bias,
)
from .model import Model, Net
from .training.clipping import Clip, clip_states
from .training.files import Stored, load, save
from .training.folder import fit, go_on, read_log
from .training.trainer import Chunk, History, Score, Trainer, Update, evaluate, train
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
    "Recurrent",
    "Residual",
    "ScalarRNN",
    "Score",
    "Spectrum",
    "Stored",
    "Text",
    "Trainer",
    "Truncation",
    "Unrolled",
    "Update",
    "attribution",
    "batches",
    "bptt",
    "check_truncation",
    "clip_states",
    "coverage",
    "default_text",
    "evaluate",
    "examination",
    "fit",
    "go_on",
    "gradient_norms",
    "held_out",
    "influence",
    "k_truncated",
    "lag_products",
    "load",
    "passage",
    "read_log",
    "read_text",
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
