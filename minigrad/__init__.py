"""minigrad: a tape, back-propagation through time, and pictures of both. The public names and nothing else."""

import os
import signal
import sys
from typing import TYPE_CHECKING, Any


def _interrupted(number: int, frame: object) -> None:
    """Ctrl-C while the command line is still being imported, or is done: the process ends without a traceback."""
    os._exit(130)


def _is_command_line() -> bool:
    script = (sys.argv or [""])[0]
    if script == "-m":  # while Python is still looking for the module that it will run
        return sys.orig_argv[-len(sys.argv)] in ("minigrad", "-mminigrad")
    return os.path.basename(script) in ("minigrad", "minigrad.exe")


if _is_command_line() and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, _interrupted)

# isort: split
from . import linalg as linalg
from . import optim as optim
from .backward import gradients as gradients
from .checkpoint import checkpoint as checkpoint
from .gradcheck import check_gradients as check_gradients
from .gradients import Gradients as Gradients
from .gradients import Use as Use
from .losses import binary_cross_entropy as binary_cross_entropy
from .losses import cross_entropy as cross_entropy
from .losses import mse_loss as mse_loss
from .modes import detect_anomaly as detect_anomaly
from .modes import no_grad as no_grad
from .modes import scope as scope
from .ops.elementwise import absolute as absolute
from .ops.elementwise import add as add
from .ops.elementwise import arccos as arccos
from .ops.elementwise import arccosh as arccosh
from .ops.elementwise import arcsin as arcsin
from .ops.elementwise import arcsinh as arcsinh
from .ops.elementwise import arctan as arctan
from .ops.elementwise import arctan2 as arctan2
from .ops.elementwise import arctanh as arctanh
from .ops.elementwise import cbrt as cbrt
from .ops.elementwise import ceil as ceil
from .ops.elementwise import clip as clip
from .ops.elementwise import cos as cos
from .ops.elementwise import cosh as cosh
from .ops.elementwise import deg2rad as deg2rad
from .ops.elementwise import degrees as degrees
from .ops.elementwise import divide as divide
from .ops.elementwise import elu as elu
from .ops.elementwise import equal as equal
from .ops.elementwise import exp as exp
from .ops.elementwise import exp2 as exp2
from .ops.elementwise import expm1 as expm1
from .ops.elementwise import fabs as fabs
from .ops.elementwise import floor as floor
from .ops.elementwise import floor_divide as floor_divide
from .ops.elementwise import fmax as fmax
from .ops.elementwise import fmin as fmin
from .ops.elementwise import gelu as gelu
from .ops.elementwise import greater as greater
from .ops.elementwise import greater_equal as greater_equal
from .ops.elementwise import hypot as hypot
from .ops.elementwise import isclose as isclose
from .ops.elementwise import isfinite as isfinite
from .ops.elementwise import isinf as isinf
from .ops.elementwise import isnan as isnan
from .ops.elementwise import leaky_relu as leaky_relu
from .ops.elementwise import less as less
from .ops.elementwise import less_equal as less_equal
from .ops.elementwise import log as log
from .ops.elementwise import log1p as log1p
from .ops.elementwise import log2 as log2
from .ops.elementwise import log10 as log10
from .ops.elementwise import logaddexp as logaddexp
from .ops.elementwise import logaddexp2 as logaddexp2
from .ops.elementwise import logical_and as logical_and
from .ops.elementwise import logical_not as logical_not
from .ops.elementwise import logical_or as logical_or
from .ops.elementwise import maximum as maximum
from .ops.elementwise import minimum as minimum
from .ops.elementwise import multiply as multiply
from .ops.elementwise import nan_to_num as nan_to_num
from .ops.elementwise import negative as negative
from .ops.elementwise import not_equal as not_equal
from .ops.elementwise import positive as positive
from .ops.elementwise import power as power
from .ops.elementwise import rad2deg as rad2deg
from .ops.elementwise import radians as radians
from .ops.elementwise import reciprocal as reciprocal
from .ops.elementwise import relu as relu
from .ops.elementwise import remainder as remainder
from .ops.elementwise import rint as rint
from .ops.elementwise import round as round
from .ops.elementwise import sigmoid as sigmoid
from .ops.elementwise import sign as sign
from .ops.elementwise import sin as sin
from .ops.elementwise import sinc as sinc
from .ops.elementwise import sinh as sinh
from .ops.elementwise import softplus as softplus
from .ops.elementwise import sqrt as sqrt
from .ops.elementwise import square as square
from .ops.elementwise import subtract as subtract
from .ops.elementwise import tan as tan
from .ops.elementwise import tanh as tanh
from .ops.elementwise import trunc as trunc
from .ops.elementwise import where as where
from .ops.indexing import repeat as repeat
from .ops.indexing import take as take
from .ops.indexing import take_along_axis as take_along_axis
from .ops.joining import append as append
from .ops.joining import array_split as array_split
from .ops.joining import column_stack as column_stack
from .ops.joining import concatenate as concatenate
from .ops.joining import dsplit as dsplit
from .ops.joining import dstack as dstack
from .ops.joining import hsplit as hsplit
from .ops.joining import hstack as hstack
from .ops.joining import split as split
from .ops.joining import stack as stack
from .ops.joining import unstack as unstack
from .ops.joining import vsplit as vsplit
from .ops.joining import vstack as vstack
from .ops.matrices import diag as diag
from .ops.matrices import diagonal as diagonal
from .ops.matrices import norm as norm
from .ops.matrices import tril as tril
from .ops.matrices import triu as triu
from .ops.ordering import argsort as argsort
from .ops.ordering import searchsorted as searchsorted
from .ops.ordering import sort as sort
from .ops.products import dot as dot
from .ops.products import einsum as einsum
from .ops.products import inner as inner
from .ops.products import matmul as matmul
from .ops.products import matvec as matvec
from .ops.products import outer as outer
from .ops.products import tensordot as tensordot
from .ops.products import vecdot as vecdot
from .ops.products import vecmat as vecmat
from .ops.reductions import all as all
from .ops.reductions import allclose as allclose
from .ops.reductions import any as any
from .ops.reductions import argmax as argmax
from .ops.reductions import argmin as argmin
from .ops.reductions import array_equal as array_equal
from .ops.reductions import average as average
from .ops.reductions import log_softmax as log_softmax
from .ops.reductions import logsumexp as logsumexp
from .ops.reductions import max as max
from .ops.reductions import mean as mean
from .ops.reductions import min as min
from .ops.reductions import prod as prod
from .ops.reductions import softmax as softmax
from .ops.reductions import std as std
from .ops.reductions import sum as sum
from .ops.reductions import var as var
from .ops.scans import cumprod as cumprod
from .ops.scans import cumsum as cumsum
from .ops.scans import cumulative_prod as cumulative_prod
from .ops.scans import cumulative_sum as cumulative_sum
from .ops.scans import diff as diff
from .ops.scans import gradient as gradient
from .ops.scans import linspace as linspace
from .ops.shaping import atleast_1d as atleast_1d
from .ops.shaping import atleast_2d as atleast_2d
from .ops.shaping import atleast_3d as atleast_3d
from .ops.shaping import broadcast_to as broadcast_to
from .ops.shaping import expand_dims as expand_dims
from .ops.shaping import flip as flip
from .ops.shaping import fliplr as fliplr
from .ops.shaping import flipud as flipud
from .ops.shaping import matrix_transpose as matrix_transpose
from .ops.shaping import moveaxis as moveaxis
from .ops.shaping import pad as pad
from .ops.shaping import ravel as ravel
from .ops.shaping import reshape as reshape
from .ops.shaping import roll as roll
from .ops.shaping import squeeze as squeeze
from .ops.shaping import swapaxes as swapaxes
from .ops.shaping import tile as tile
from .ops.shaping import transpose as transpose
from .primitive import Primitive as Primitive
from .primitive import primitive as primitive
from .registry import Origin as Origin
from .renamed import moved as _moved
from .tape import Tape as Tape
from .tape import tape as tape
from .tensor import Tensor as Tensor
from .tensor import tensor as tensor
from .transforms import grad as grad
from .transforms import hessian as hessian
from .transforms import hvp as hvp
from .transforms import jacobian as jacobian
from .transforms import jvp as jvp
from .transforms import value_and_grad as value_and_grad
from .transforms import vjp as vjp

if TYPE_CHECKING:
    from .program import Program as Program
    from .program import trace as trace

__version__ = "0.1.0"

_moved("minigrad", {"functional": "losses", "record": "gradients"})


def __getattr__(name: str) -> Any:
    """`trace` and `Program` are imported when first asked for: a fifth of what importing all the rest takes."""
    if name in ("models", "viz", "testing", "commands"):
        raise AttributeError(f"module {__name__!r} imports no {name} by itself; write: from {__name__} import {name}")
    if name not in ("Program", "trace"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import program

    globals().update(Program=program.Program, trace=program.trace)
    return globals()[name]
