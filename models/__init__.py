"""Recurrent nets, unrolled and truncated. The public names and nothing else."""

from .bptt import bptt
from .cells import GRU, LSTM, RNN, ScalarRNN
from .check import check_truncation
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
from .text import Text, default_text, read_text, sample, streams, text_of
from .training import Chunk, History, train
from .truncation import Truncation, k_truncated, subsequence, untruncated
from .unrolling import Unrolled, unroll

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "Bias",
    "Chunk",
    "History",
    "Model",
    "Residual",
    "ScalarRNN",
    "Spectrum",
    "Text",
    "Truncation",
    "Unrolled",
    "attribution",
    "bptt",
    "check_truncation",
    "coverage",
    "default_text",
    "gradient_norms",
    "influence",
    "k_truncated",
    "lag_products",
    "read_text",
    "sample",
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
