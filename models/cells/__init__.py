"""The nets, each in a room of its own, with their first weights and their exchange with PyTorch. The public names."""

from .gru import GRU
from .lstm import LSTM
from .recurrent import Recurrent, projected
from .residual import Residual
from .rnn import RNN
from .scalar import ScalarRNN

__all__ = ["GRU", "LSTM", "RNN", "Recurrent", "Residual", "ScalarRNN", "projected"]
