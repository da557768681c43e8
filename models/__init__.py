"""Recurrent nets, unrolled and truncated. The public names and nothing else."""

from .bptt import bptt
from .cells import GRU, LSTM, RNN, ScalarRNN
from .check import check_truncation
from .clipping import Clip, clip_states
from .experiment import fit, go_on, read_log
from .files import Stored, load, save
from .flow import (
    Bias,
    Spectrum,
    attribution,
    coverage,
    gradient_norms,
    influence,
    lag_products,
    spectrum,
    step_jacobians,
    truncation_bias,
)
from .model import Model
from .residual import Residual
from .tasks import Adding, Agreement, CueRecall, Digits, batches, examination
from .text import Text, default_text, held_out, passage, read_text, sample, streams, text_of
from .training import Chunk, History, Score, Trainer, Update, evaluate, train
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
    "step_jacobians",
    "streams",
    "subsequence",
    "text_of",
    "train",
    "truncation_bias",
    "unroll",
    "untruncated",
]
