"""Recurrent nets, unrolled and truncated. The public names and nothing else."""

from .bptt import bptt
from .cells import RNN, ScalarRNN
from .model import Model
from .truncation import Truncation, k_truncated, subsequence, untruncated
from .unrolling import Unrolled, unroll

__all__ = [
    "RNN",
    "Model",
    "ScalarRNN",
    "Truncation",
    "Unrolled",
    "bptt",
    "k_truncated",
    "subsequence",
    "unroll",
    "untruncated",
]
