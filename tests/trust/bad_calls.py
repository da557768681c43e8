"""Bad calls of public functions: how each is written, what it raises, the value that it must show, the remedy."""

# ruff: noqa: E501

from typing import Any

import numpy as np

import minigrad as mg
import minigrad.models as m
import minigrad.testing as t
from minigrad import viz

CALLS = {
    "engine": r"""
mg.tensor('abc') | TypeError | 'abc' | 'abc
mg.tensor(None) | TypeError | None | None
mg.tensor(object()) | TypeError | object | <object object at
mg.tensor(['a', 'b']) | TypeError | 'b' | ['a', 'b']
mg.tensor([[1.0, 2.0], [3.0]]) | ValueError | 3.0 | give rows of one length
mg.tensor(1j) | TypeError | 1j | write the real and the imaginary part as two tensors
mg.tensor([1, 2], requires_grad=True) | TypeError | 2 | pass dtype=float
mg.tensor(True, requires_grad=True) | TypeError | shape () | pass dtype=float
mg.tensor(1.0, requires_grad='yes') | TypeError | 'yes' | requires_grad is True or False
mg.tensor(1.0, requires_grad=None) | TypeError | None | requires_grad is True or False
mg.tensor(1.0, name=3) | TypeError | 3 | name is a text
mg.tensor(1.0, dtype='float33') | TypeError | 'float33' | dtype is one of NumPy's, such as float or numpy.float32
mg.tensor(1.5, dtype=str) | TypeError | not <U0 | a tensor holds real numbers or booleans, not <U0
mg.tensor(1.0, dtype=object) | TypeError | object | a tensor holds real numbers or booleans, not object
mg.tensor({'a': 1.0}) | TypeError | 1.0 | 1.0}
mg.tensor({1.0, 2.0}) | TypeError | 2.0 | {1.0, 2.0}
mg.tensor(np.datetime64('2020-01-01')) | TypeError | '2020-01-01' | a tensor holds real numbers or booleans, not datetime64[D]
mg.tensor(b'abc') | TypeError | 'abc' | b'abc
mg.tensor([1.0, None]) | TypeError | None | a tensor holds real numbers or booleans, not object (shape
mg.tensor(lambda x: x) | TypeError | <function | <function <lambda> at
mg.tensor([X, 1.0]) | TypeError | (2, 3) | write minigrad's function (mg.sin for math.sin), mg.stack(list)
mg.Tensor('abc') | TypeError | 'abc' | 'abc
setattr(X, 'data', 'abc') | TypeError | 'abc' | 'abc
setattr(X, 'data', np.ones((9, 9))) | ValueError | 9 | make a new tensor instead
setattr(X, 'data', 1j) | TypeError | 1j | write the real and the imaginary part as two tensors
setattr(P, 'data', np.ones((9, 9))) | ValueError | 9 | make a new tensor instead
setattr(P, 'grad', 'abc') | TypeError | 'abc' | .grad is an array of real numbers or None
setattr(P, 'grad', 1j) | TypeError | 1j | .grad is an array of real numbers or None, not 1j
setattr(X, 'requires_grad', 'yes') | TypeError | 'yes' | requires_grad is True or False
setattr(N, 'requires_grad', True) | TypeError | (2,) | pass dtype=float
X.item() | ValueError | (2, 3) | pick one, or write .tolist()
float(X) | TypeError | (2, 3) | minigrad's functions, such as mg.tanh in place of math.tanh,
int(P) | TypeError | (3,) | minigrad's functions, such as mg.tanh in place of math.tanh,
bool(X) | ValueError | (2, 3) | write mg.any(…) or mg.all(…)
X.backward() | ValueError | (2, 3) | or reduce it, say with .sum()
mg.tensor(1.0).backward() | ValueError | nothing | nothing it was made of does
S.backward('abc') | TypeError | 'abc' | a cotangent is made of real numbers
S.backward(np.ones(3)) | ValueError | 3 | they must agree
X.backward(np.ones(5)) | ValueError | 5 | they must agree
X.backward(1j) | ValueError | (2, 3) | they must agree
X.reshape(4, 4) | ValueError | 4 | a shape holds as many numbers, with one -1
X.reshape('a') | TypeError | 'a' | give a whole number
X.reshape(-1, -1) | ValueError | -1 | a shape holds as many numbers, with one -1
X.reshape(2.0, 3) | TypeError | 3 | give a whole number
X.reshape() | ValueError | (2, 3) | a shape holds as many numbers, with one -1
X.transpose(0, 0) | ValueError | 0 | name each axis once, counted from 0
X.transpose(5) | ValueError | 5 | name each axis once, counted from 0
X.transpose('a') | TypeError | 'a' | give a whole number
X.sum(axis=2) | IndexError | 2 | its axes are -2 to 1
X.sum(axis=-3) | IndexError | -3 | its axes are -2 to 1
X.sum(axis='rows') | TypeError | 'rows' | give a whole number
X.sum(axis=0.5) | TypeError | 0.5 | give a whole number
X.sum(axis=(0, 0)) | ValueError | 0 | name each axis once
X.sum(axis=(0, 7)) | IndexError | 7 | its axes are -2 to 1
X.sum(keepdims='yes') | TypeError | 'yes' | give a whole number
X.mean(axis=5) | IndexError | 5 | its axes are -2 to 1
X.max(axis=9) | IndexError | 9 | its axes are -2 to 1
X.register_hook(None) | TypeError | None | a hook is a function of the gradient
X.register_hook(3) | TypeError | 3 | a hook is a function of the gradient
mg.tensor(1.0).register_hook(lambda g: g) | ValueError | shape () | no gradient ever arrives, so a hook would never run
mg.tensor(1.0).retain_grad() | ValueError | shape () | no gradient ever arrives that could be kept
X[5] | IndexError | 5 | the indices along it are -2 to 1
X[0, 0, 0] | IndexError | 0 | give an index for each axis at most
X['a'] | IndexError | 'a' | only integers, slices (`:`), ellipsis (`...`), numpy.newaxis
X[1.0] | IndexError | 1.0 | only integers, slices (`:`), ellipsis (`...`), numpy.newaxis
X[np.ones(9, bool)] | IndexError | 9 | a mask has the shape of what it picks from
X[0, 7] | IndexError | 7 | the indices along it are -3 to 2
X[[5, 1]] | IndexError | 1 | the indices along it are -2 to 1
X @ X | ValueError | (2, 3) | the last axis of one is as long as the last but one of the
X @ 3.0 | ValueError | (2, 3) | rows of one matrix are as long as columns of the other
X + np.ones((4, 4)) | ValueError | 4 | from the last axis on, lengths are equal or 1
X + 'a' | TypeError | 'a' | an operand must be made of real numbers or booleans, not <U1: 'a
X + None | TypeError | None | give real numbers
X * [1, 'b'] | TypeError | 'b' | [1, 'b']
X ** 'a' | TypeError | 'a' | an operand must be made of real numbers or booleans, not <U1: 'a
X + 1j | TypeError | 1j | write the real and the imaginary part as two tensors
X // 'a' | TypeError | 'a' | an operand must be made of real numbers or booleans, not <U1: 'a
X < 'a' | TypeError | 'a' | an operand must be made of real numbers or booleans, not <U1: 'a
X & X | TypeError | (2, 3) | give booleans or whole numbers, as in (x > 0) & (y > 0)
~X | TypeError | (2, 3) | give booleans or whole numbers, as in (x > 0) & (y > 0)
X % None | TypeError | None | give real numbers
3 @ X | ValueError | 3 | rows of one matrix are as long as columns of the other
X.astype('float33') | TypeError | 'float33' | data type 'float33' not understood
X.astype(str) | TypeError | not <U0 | a tensor holds real numbers or booleans, not <U0
mg.add(X, None) | TypeError | None | give real numbers
mg.add('a', 'b') | TypeError | 'a' | an operand must be made of numbers or booleans, not <U1: 'a
mg.tanh('x') | TypeError | 'x' | an operand must be made of numbers or booleans, not <U1: 'x
mg.tanh(None) | TypeError | None | give real numbers
mg.tanh([1.0, 'a']) | TypeError | 'a' | [1.0, 'a']
mg.matmul(X, X) | ValueError | (2, 3) | the last axis of one is as long as the last but one of the
mg.matmul(X, 2.0) | ValueError | (2, 3) | rows of one matrix are as long as columns of the other
mg.matmul(X, np.ones((7, 2))) | ValueError | 2 | the last axis of one is as long as the last but one of the
mg.dot(X, X) | ValueError | (2, 3) | the last axis of one is as long as the last but one of the
mg.sum(X, axis=5) | IndexError | 5 | its axes are -2 to 1
mg.sum(X, axis=None, keepdims=None) | TypeError | None | give a whole number
mg.sum('abc') | TypeError | 'abc' | an operand must be made of numbers or booleans, not <U3: 'abc
mg.mean(X, axis=(0, 5)) | IndexError | 5 | its axes are -2 to 1
mg.max([]) | ValueError | (0,) | give an array with numbers in it
mg.max(X, axis=1.5) | TypeError | 1.5 | give a whole number
mg.min(np.ones((0, 3)), axis=0) | ValueError | 0 | give an array with numbers in it
mg.prod(X, axis='a') | TypeError | 'a' | give a whole number
mg.var(X, ddof='a') | TypeError | 'a' | give real numbers
mg.std(X, axis=3) | IndexError | 3 | its axes are -2 to 1
mg.reshape(X, (4, 4)) | ValueError | 4 | a shape holds as many numbers, with one -1
mg.reshape(X, None) | TypeError | (2, 3) | reshape on operands of shape (2, 3): give a shape, such as (-1,)
mg.reshape(X, 'ab') | TypeError | 'ab' | give a whole number
mg.transpose(X, (0, 0)) | ValueError | 0 | name each axis once, counted from 0
mg.transpose(X, (0, 1, 2)) | ValueError | 2 | name each axis once, counted from 0
mg.swapaxes(X, 0, 5) | AxisError | 5 | its axes are -2 to 1
mg.moveaxis(X, 0, 7) | AxisError | 7 | its axes are -2 to 1
mg.moveaxis(X, [0, 1], [0]) | ValueError | 0 | `source` and `destination` arguments must have the same number
mg.expand_dims(X, 9) | IndexError | 9 | its axes are -3 to 2
mg.squeeze(X, 0) | ValueError | 0 | only axes of length 1 are taken away
mg.broadcast_to(X, (5, 5)) | ValueError | 5 | from the last axis on, lengths are equal or 1
mg.broadcast_to(X, -1) | ValueError | -1 | lengths and counts are whole numbers from 0
mg.flip(X, axis=4) | IndexError | 4 | its axes are -2 to 1
mg.roll(X, 'a') | TypeError | 'a' | shift is a whole number, or one for each axis
mg.roll(X, 1.5) | TypeError | 1.5 | shift is a whole number, or one for each axis
mg.roll(X, 1, axis=6) | IndexError | 6 | its axes are -2 to 1
mg.tile(X, 'a') | TypeError | 'a' | reps is a whole number from 0
mg.tile(X, -1) | ValueError | -1 | reps is a whole number from 0
mg.tile(X, 1.5) | ValueError | 1.5 | reps is a whole number from 0
mg.repeat(X, -1) | TypeError | -1 | repeats are whole numbers from 0
mg.repeat(X, 'a') | TypeError | 'a' | repeats are whole numbers from 0
mg.repeat(X, [1, 2], axis=1) | ValueError | 1 | repeats are one number, or one for each of 3
mg.pad(X, -1) | ValueError | -1 | lengths and counts are whole numbers from 0
mg.pad(X, 'a') | TypeError | 'a' | see its help for the shapes it takes
mg.pad(X, 1, mode='reflect') | TypeError | 'reflect' | pad has a rule for mode="constant" alone, not for 'reflect
mg.pad(X, ((1, 1), (1, 1), (1, 1))) | ValueError | 1 | pad_width is a number, or a pair (before, after) for each of
mg.concatenate([X, V]) | ValueError | (2, 3) | reshape them, or name another axis
mg.concatenate([X, X], axis=5) | IndexError | 5 | its axes are -2 to 1
mg.concatenate([X, mg.tensor(np.ones((3, 3)))], axis=1) | ValueError | 1 | reshape them, or name another axis
mg.concatenate(None) | TypeError | None | concatenate takes arrays in a list
mg.concatenate([X, None]) | ValueError | (2, 3) | reshape them, or name another axis
mg.concatenate([S, S]) | ValueError | shape () | write stack for single numbers
mg.stack([X, V]) | ValueError | (2, 3) | reshape them, or name another axis
mg.stack([X, X], axis=7) | IndexError | 7 | its axes are -3 to 2
mg.stack(3) | TypeError | 3 | stack takes arrays in a list
mg.vstack([X, np.ones((2, 5))]) | ValueError | 5 | reshape them, or name another axis
mg.split(X, 4) | ValueError | 4 | write array_split
mg.split(X, 0) | ValueError | 0 | write array_split
mg.split(X, 'a') | TypeError | 'a' | an axis is split into a whole number of parts, or at a list of
mg.split(X, 2, axis=9) | AxisError | 9 | its axes are -2 to 1
mg.array_split(X, -2) | ValueError | -2 | give 1 or more
mg.take(X, [9]) | IndexError | 9 | the indices along it are -6 to 5
mg.take(X, 'a') | IndexError | 'a' | getitem on operands of shape (6,) with index=(array('a',
mg.take(X, 1.5) | IndexError | 1.5 | arrays used as indices must be of integer (or boolean) type
mg.take(X, [0], axis=5) | AxisError | 5 | its axes are -2 to 1
mg.take_along_axis(X, [0, 1], axis=0) | ValueError | (2,) | take_along_axis needs as many axes in indices, shape (2,), as
mg.take_along_axis(X, np.zeros((2, 3)), axis=0) | IndexError | not float64 | take_along_axis needs integers for indices, not float64
mg.where('a', X, X) | TypeError | 'a' | an operand must be made of real numbers or booleans, not <U1: 'a
mg.where(np.ones((9, 9), bool), X, X) | ValueError | 9 | from the last axis on, lengths are equal or 1
mg.clip(X, 'a', 2) | TypeError | 'a' | an operand must be made of real numbers or booleans, not <U1: 'a
mg.softmax(X, axis=5) | IndexError | 5 | its axes are -2 to 1
mg.softmax('a') | TypeError | 'a' | an operand must be made of numbers or booleans, not <U1: 'a
mg.log_softmax(X, axis='a') | TypeError | 'a' | give a whole number
mg.logsumexp(X, axis=8) | IndexError | 8 | its axes are -2 to 1
mg.einsum('ij,jk->ik', X, X) | ValueError | 'ij,jk->ik' | from the last axis on, lengths are equal or 1
mg.einsum('ij', X, X) | ValueError | 'ij' | write a letter for each axis and a comma between operands, as
mg.einsum('ij->k', X) | ValueError | 'ij->k' | write a letter for each axis and a comma between operands, as
mg.einsum(X, 'ij') | TypeError | tensor( | subscripts come first, a text as in 'ij,jk->ik
mg.einsum('ijk->i', X) | ValueError | 'ijk->i' | write a letter for each axis and a comma between operands, as
mg.einsum('') | ValueError | 'ij,jk->ik' | write a letter for each axis and a comma between operands, as
mg.einsum(3, X) | TypeError | 3 | subscripts come first, a text as in 'ij,jk->ik
mg.tensordot(X, X, axes=5) | AxisError | 5 | its axes are -2 to 1
mg.tensordot(X, X, axes=[1]) | TypeError | [1] | axes are a whole number, or a pair of lists
mg.tensordot(X, X, axes=(0, 1, 1)) | TypeError | (0, 1, 1) | axes are a whole number, or a pair of lists
np.linalg.outer(S, V) | ValueError | shapes () and (3,) | outer takes two vectors
np.linalg.outer(V, X) | ValueError | shapes (3,) and (2, 3) | outer takes two vectors
np.linalg.outer(X, V) | ValueError | shapes (2, 3) and (3,) | outer takes two vectors
np.linalg.outer(V, S) | ValueError | shapes (3,) and () | outer takes two vectors
mg.cumulative_prod(S) | ValueError | shape () | needs an axis
mg.repeat(X, [[1, 2]], axis=0) | ValueError | [[1, 2]] | repeats are one number, or one for each of 2
mg.tensordot(X, X, axes='a') | TypeError | 'a' | axes are a whole number, or a pair of lists
mg.tensordot(X, X, axes=1) | ValueError | (3,) | tensordot sums over axes of one length, not (3,) and (2,)
mg.outer(X, None) | TypeError | None | an operand must be made of real numbers or booleans, not
mg.inner(X, np.ones(5)) | ValueError | 5 | tensordot sums over axes of one length, not (3,) and (5,)
mg.cumsum(X, axis=5) | IndexError | 5 | its axes are -2 to 1
mg.cumsum(X, axis='a') | TypeError | 'a' | give a whole number
mg.diff(X, n=-1) | ValueError | -1 | diff is taken 0 times or more, not -1
mg.diff(X, n=1.5) | TypeError | object | 'float' object cannot be interpreted as an integer
mg.linspace(0, 1, -5) | ValueError | -5 | num is a whole number from 0
mg.linspace(0, 1, 2.5) | ValueError | 2.5 | num is a whole number from 0
mg.linspace('a', 'b') | TypeError | 'a' | the ends of linspace are real numbers
mg.sort(X, axis=7) | IndexError | 7 | its axes are -2 to 1
mg.argmax(X, axis=3) | IndexError | 3 | its axes are -2 to 1
mg.searchsorted(X, 1.0) | ValueError | (2, 3) | see its help for the shapes it takes
mg.diagonal(V) | AxisError | (0, 1) | its axes are -1 to 0
mg.diag(mg.tensor(np.ones((2, 2, 2)))) | ValueError | 2 | diag takes a vector or a matrix, not shape (2, 2, 2)
mg.triu(X, k='a') | TypeError | 'a' | give real numbers
mg.round(X, 'a') | TypeError | 'a' | give a whole number
mg.norm(X, ord='nuclear') | TypeError | 'nuclear' | norm has no derivative rule for ord='nuclear' over 2 axes of
mg.norm(X, axis=4) | AxisError | 4 | axis 4 is out of bounds for array of dimension 2
mg.linalg.inv(X) | LinAlgError | (2, 3) | give matrices of as many rows as columns
mg.linalg.inv(np.ones((2, 2))) | LinAlgError | 2 | no matrix undoes it: look at its singular values
mg.linalg.inv('a') | TypeError | 'a' | an operand must be made of numbers or booleans, not <U1: 'a
mg.linalg.solve(M, np.ones(5)) | ValueError | 5 | rows of one matrix are as long as columns of the other
mg.linalg.solve(X, V) | LinAlgError | (2, 3) | give matrices of as many rows as columns
mg.linalg.det(X) | LinAlgError | (2, 3) | give matrices of as many rows as columns
mg.linalg.cholesky(-M) | LinAlgError | (3, 3) | give a symmetric matrix whose eigenvalues are above 0
mg.linalg.cholesky(X) | LinAlgError | (2, 3) | give matrices of as many rows as columns
mg.linalg.eigh(X) | LinAlgError | (2, 3) | give matrices of as many rows as columns
mg.linalg.eigh(M, UPLO='X') | ValueError | 'X' | UPLO is one of L, U
mg.linalg.svd(V) | LinAlgError | (3,) | give a matrix
mg.linalg.slogdet(X) | LinAlgError | (2, 3) | give matrices of as many rows as columns
mg.linalg.norm(X, ord=7) | TypeError | 7 | norm has no derivative rule for ord=7 over 2 axes of shape (2,
mg.leaky_relu(X, negative_slope='a') | TypeError | 'a' | give real numbers
mg.elu(X, alpha=None) | TypeError | None | give real numbers
mg.gelu('x') | TypeError | 'x' | an operand must be made of numbers or booleans, not <U1: 'x
mg.cross_entropy(X, [0, 5]) | ValueError | 5 | cross_entropy on operands of shape (2, 3), (2,) with
mg.cross_entropy(X, [0, -1]) | ValueError | -1 | cross_entropy on operands of shape (2, 3), (2,) with
mg.cross_entropy(X, [0.5, 1.0]) | TypeError | got float64 | targets are class numbers, so integers
mg.cross_entropy(X, [0]) | ValueError | (2, 3) | logits of shape (2, 3) need one target for each row, shape (2,)
mg.cross_entropy(X, [0, 1, 2]) | ValueError | 2 | logits of shape (2, 3) need one target for each row, shape (2,)
mg.cross_entropy(X, None) | ValueError | (2, 3) | logits of shape (2, 3) need one target for each row, shape (2,)
mg.cross_entropy(X, 'ab') | ValueError | (2, 3) | logits of shape (2, 3) need one target for each row, shape (2,)
mg.cross_entropy(S, 0) | ValueError | tensor( | logits are rows, an axis of classes last, which need one target
mg.cross_entropy(X, [0, 1], reduction='avg') | ValueError | 'avg' | reduction is one of mean, sum, none
mg.cross_entropy(X, [0, 1], reduction=None) | ValueError | None | reduction is one of mean, sum, none; got None
mg.cross_entropy(X, [0, 1], ignore_index='a') | TypeError | 'a' | ignore_index is a whole number or None
mg.cross_entropy(X, [True, False]) | TypeError | got bool | targets are class numbers, so integers
mg.cross_entropy(None, [0]) | ValueError | None | logits are rows, an axis of classes last, which need one target
mg.cross_entropy(np.ones((2, 0)), [0, 0]) | ValueError | 0 | cross_entropy on operands of shape (2, 0), (2,) with
mg.mse_loss(X, V) | ValueError | (2, 3) | they must agree
mg.mse_loss(X, None) | ValueError | (2, 3) | they must agree
mg.mse_loss(X, X, reduction='total') | ValueError | 'total' | reduction is one of mean, sum, none
mg.mse_loss('a', 'b') | TypeError | 'a' | a loss is of real numbers
mg.binary_cross_entropy(X, X) | ValueError | not 2.0 | a target is a probability, from 0 to 1, not 2.0
mg.binary_cross_entropy(X, np.full((2, 3), 2.0)) | ValueError | 2.0 | a target is a probability, from 0 to 1, not 2.0
mg.binary_cross_entropy(X, np.full((2, 3), np.nan)) | ValueError | nan | a target is a probability, from 0 to 1, not nan
mg.binary_cross_entropy(X, np.ones(3)) | ValueError | 3 | they must agree
mg.binary_cross_entropy(X, [0, 1], reduction='x') | ValueError | 'x' | reduction is one of mean, sum, none
mg.gradients(X) | ValueError | (2, 3) | or reduce it, say with .sum()
mg.gradients(3.0) | TypeError | 3.0 | gradients are taken of a Tensor, or of several in a list
mg.gradients(None) | TypeError | None | gradients are taken of a Tensor, or of several in a list
mg.gradients([]) | ValueError | [] | gradients are taken of one Tensor or more
mg.gradients(S, wrt=3) | TypeError | 3 | wrt is a Tensor, or several in a list
mg.gradients(S, wrt=['x']) | TypeError | 'x' | wrt is a Tensor, or several in a list
mg.gradients(S, wrt=N) | KeyError | (2,) | "tensor of shape (2,) doesn't require gradients, so none was
mg.gradients(S, cotangent='a') | TypeError | 'a' | a cotangent is made of real numbers
mg.gradients(S, cotangent=np.ones(3)) | ValueError | 3 | they must agree
mg.gradients(X * 2, cotangent=np.ones((3, 2))) | ValueError | 2 | they must agree
mg.gradients(S, cuts=[3]) | TypeError | 3 | cuts are Tensors, none, one or several in a list
mg.gradients(S, cuts='a') | TypeError | 'a' | cuts are Tensors, none, one or several in a list
mg.gradients(mg.tensor(1.0)) | ValueError | nothing | nothing it was made of does
mg.gradients(S)[3] | TypeError | 3 | gradients are looked up by Tensor, not by int
mg.gradients(S)[V] | KeyError | (3,) | "tensor of shape (3,) doesn't require gradients, so none was
mg.gradients(S)['x'] | TypeError | 'x' | gradients are looked up by Tensor, not by str
mg.gradients(S, record=True).uses('W') | TypeError | 'W' | gradients are looked up by Tensor, not by str
mg.tape(3.0) | TypeError | 3.0 | 3.0 is a float: nothing is recorded behind it
mg.tape(None) | TypeError | None | None is a NoneType: nothing is recorded behind it
mg.grad(None) | TypeError | None | grad takes a function
mg.grad(3) | TypeError | 3 | grad takes a function
mg.grad(X) | TypeError | tensor( | grad takes a function
mg.grad(lambda x: x)(np.ones(3)) | TypeError | 3 | reduce it, say with .sum(), or take the jacobian
mg.grad(lambda x: x * 2)('a') | TypeError | 'a' | a tensor holds real numbers or booleans, not <U1 (shape ()): 'a
mg.grad(lambda x: x * 2)(1j) | TypeError | 1j | write the real and the imaginary part as two tensors
mg.grad(lambda x: x * 2, argnums='a')(1.0) | TypeError | 'a' | argnums is the position of an argument, or several
mg.grad(lambda x: x * 2, argnums=0.5)(1.0) | TypeError | 0.5 | argnums is the position of an argument, or several
mg.grad(lambda x: None)(1.0) | TypeError | None | this one returned None
mg.grad(lambda x: 'a')(1.0) | TypeError | 'a' | this one returned 'a
mg.grad(lambda x: float(x))(1.0) | TypeError | shape () | the function is being differentiated or traced, and its result
mg.grad(lambda x: {'loss': x})(1.0) | TypeError | 'loss' | this one returned {'loss': tensor(1., requires_grad=True)}
mg.grad(lambda x: x['w'])({'w': 'a'}) | TypeError | 'a' | a tensor holds real numbers or booleans, not <U1 (shape ()): 'a
mg.value_and_grad(3) | TypeError | 3 | value_and_grad takes a function
mg.value_and_grad(lambda x: x)(np.ones(3)) | TypeError | 3 | reduce it, say with .sum(), or take the jacobian
mg.value_and_grad(lambda x: x)(None) | TypeError | None | None
mg.vjp(3, 1.0) | TypeError | 3 | vjp takes a function
mg.vjp(lambda x: x * 2, np.ones(3))[1](np.ones(5)) | ValueError | 5 | they must agree
mg.vjp(lambda x: x * 2, np.ones(3))[1]('a') | ValueError | 3 | they must agree
mg.vjp(lambda x: x * 2, np.ones(3))[1](None) | ValueError | 3 | or reduce it, say with .sum()
mg.jvp(lambda x: x * 2, 1.0, 1.0) | TypeError | 1.0 | xs is a list or tuple, an entry for each argument
mg.jvp(lambda x: x * 2, [1.0], []) | ValueError | not 0 | 1 arguments need as many directions, not 0
mg.jvp(lambda x: x * 2, [np.ones(3)], [np.ones(2)]) | ValueError | 2 | they must agree
mg.jvp(lambda x: x * 2, [1.0], ['a']) | TypeError | 'a' | an operand must be made of real numbers or booleans, not <U1: 'a
mg.jvp(None, [1.0], [1.0]) | TypeError | None | jvp takes a function
mg.jacobian(3) | TypeError | 3 | jacobian takes a function
mg.jacobian(lambda x: None)(np.ones(3)) | TypeError | None | this one returned None
mg.hessian(lambda x: x)(np.ones(3)) | TypeError | 3 | reduce it, say with .sum(), or take the jacobian
mg.hessian(None) | TypeError | None | hessian takes a function
mg.hvp(lambda x: mg.sum(x * x), np.ones(3), np.ones(2)) | ValueError | 2 | they must agree
mg.hvp(lambda x: x, np.ones(3), np.ones(3)) | TypeError | 3 | reduce it, say with .sum(), or take the jacobian
mg.hvp(None, 1.0, 1.0) | TypeError | None | hvp takes a function
mg.checkpoint(3) | TypeError | 3 | checkpoint takes a function
mg.check_gradients(3, 1.0) | TypeError | 3 | check_gradients takes a function
mg.check_gradients(lambda x: x) | ValueError | no inputs | there is nothing to differentiate in no inputs
mg.check_gradients(lambda x: x, 3) | ValueError | 3 | there is nothing to differentiate in 3
mg.check_gradients(lambda x: x, 1.0, order=3) | ValueError | 3 | order is 1 or 2, not 3
mg.check_gradients(lambda x: x, 1.0, order=0) | ValueError | 0 | order is 1 or 2, not 0
mg.check_gradients(lambda x: x, 1.0, order='2') | ValueError | '2' | order is 1 or 2
mg.check_gradients(lambda x: x, 1.0, step=0) | ValueError | 0 | step is a number above 0
mg.check_gradients(lambda x: x, 1.0, step=-1e-6) | ValueError | got -1e-06 | step is a number above 0
mg.check_gradients(lambda x: x, 1.0, step=float('nan')) | ValueError | got nan | step is a number above 0
mg.check_gradients(lambda x: x, 1.0, rtol=-1) | ValueError | -1 | rtol is a number from 0
mg.check_gradients(lambda x: x, 1.0, rtol='a') | TypeError | 'a' | rtol is a number from 0
mg.check_gradients(lambda x: x, 1.0, atol=float('nan')) | ValueError | got nan | atol is a number from 0
mg.check_gradients(lambda x: x, 1.0, directions=1.5) | ValueError | 1.5 | directions is a whole number from 0
mg.check_gradients(lambda x: x, 1.0, elements=-1) | ValueError | -1 | elements is a whole number from 0
mg.check_gradients(lambda x: x, 1.0, rng='a') | TypeError | 'a' | rng is a whole number from 0, or a numpy.random.Generator
mg.check_gradients(lambda x: x, 1.0, rng=-1) | ValueError | -1 | rng is a whole number from 0, or a numpy.random.Generator
mg.check_gradients(lambda x: None, 1.0) | TypeError | None | unsupported operand type(s) for *: 'NoneType' and 'float
mg.check_gradients(lambda x: x, 'a') | ValueError | 'a' | there is nothing to differentiate in 'a
mg.check_gradients(lambda x: x, None) | ValueError | None | there is nothing to differentiate in None
mg.scope(3) | ValueError | 3 | scope needs a name, a string that is not empty
mg.scope(None) | ValueError | None | scope needs a name, a string that is not empty
mg.scope('') | ValueError | '' | scope needs a name, a string that is not empty
mg.tensor([]).item() | ValueError | (0,) | pick one, or write .tolist()
bool(mg.tensor([])) | ValueError | (0,) | write mg.any(…) or mg.all(…)
mg.optim.clip_grad_norm(3, 1.0) | TypeError | 3 | list(model.parameters.values())
mg.primitive(np.add, *[lambda g, y, a, b: g] * 3) | TypeError | 3 rules | for the 2 arguments of <ufunc 'add'>
mg.primitive(lambda x: x, lambda g, y, x: g, summed_rules={2: lambda gs, argss, parameterss: gs}) | TypeError | argument 2 | there are 1 arguments
mg.primitive(3) | TypeError | 3 | a primitive is made of a function
mg.primitive(np.tanh, 3) | TypeError | 3 | a rule is a function, or None where there is no derivative
mg.primitive(None) | TypeError | None | a primitive is made of a function
mg.primitive(lambda x: x, lambda g, y, x: g, core_ndim=-1) | ValueError | -1 | core_ndim is a whole number from 0
mg.primitive(lambda x: x, lambda g, y, x: g, local=3) | TypeError | 3 | local is a text, or a tuple of one for each argument
mg.primitive(lambda x: x, lambda g, y, x: g, name=3) | TypeError | 3 | name is a text
mg.primitive(lambda x: x * 2, lambda g, y, x: np.ones(7), name='twice')(P).sum().backward() | ValueError | 7 | the argument has shape (3,), the result (3,)
mg.primitive(lambda x: x * 2, lambda g, y, x: None, name='twice')(P).sum().backward() | TypeError | None | the rule of twice for argument 0 returned None, not an array
mg.primitive(lambda x: x * 2, lambda g, y, x: 'a', name='twice')(P).sum().backward() | TypeError | 'a' | the rule of twice for argument 0 returned 'a', not an array
mg.primitive(lambda x: None, lambda g, y, x: g, name='none')(P) | TypeError | None | it returned NoneType
mg.optim.SGD([], 0.1) | ValueError | () | pass, say, model.parameters.values()
mg.optim.SGD(None, 0.1) | TypeError | None | parameters are Tensors in a list, as in
mg.optim.SGD(P, 0.1) | TypeError | tensor( | parameters are Tensors in a list, as in
mg.optim.SGD([P], 0) | ValueError | 0 | lr is a number above 0
mg.optim.SGD([P], -1) | ValueError | -1 | lr is a number above 0
mg.optim.SGD([P], float('nan')) | ValueError | got nan | lr is a number above 0
mg.optim.SGD([P], 'a') | TypeError | 'a' | lr is a number above 0
mg.optim.SGD([P], None) | TypeError | None | lr is a number above 0
mg.optim.SGD([P], 0.1, momentum=-1) | ValueError | -1 | momentum is a number from 0 and below 1
mg.optim.SGD([P], 0.1, momentum=1.5) | ValueError | 1.5 | momentum is a number from 0 and below 1
mg.optim.SGD([P], 0.1, momentum=float('nan')) | ValueError | got nan | momentum is a number from 0 and below 1
mg.optim.SGD([P], 0.1, nesterov=True) | ValueError | got 0.0 | nesterov needs a momentum above 0
mg.optim.SGD([P], 0.1, weight_decay=-1) | ValueError | -1 | weight_decay is a number from 0
mg.optim.SGD([3], 0.1) | TypeError | 3 | number 0 is 3
mg.optim.SGD([X * 2], 0.1) | ValueError | 2 | only leaves are parameters
mg.optim.SGD([mg.tensor(1.0)], 0.1) | ValueError | shape () | leave it out, or set requires_grad
mg.optim.SGD([P, P], 0.1) | ValueError | (3,) | pass it once
mg.optim.SGD({'a': P}, 0.1) | TypeError | 'a' | number 0 is 'a
mg.optim.SGD('ab', 0.1) | TypeError | () | number 0 is 'a
mg.optim.Adam([P], betas=(0.9,)) | TypeError | 0.9 | betas are two numbers from 0 and below 1
mg.optim.Adam([P], betas=(0.9, 1.0)) | ValueError | 1.0 | betas[1] is a number from 0 and below 1
mg.optim.Adam([P], betas=(-0.1, 0.9)) | ValueError | -0.1 | betas[0] is a number from 0 and below 1
mg.optim.Adam([P], betas=0.9) | TypeError | 0.9 | betas are two numbers from 0 and below 1
mg.optim.Adam([P], eps=-1) | ValueError | -1 | eps is a number from 0
mg.optim.Adam([P], lr=float('inf')) | ValueError | got inf | lr is a number above 0
mg.optim.AdamW([P], weight_decay='a') | TypeError | 'a' | weight_decay is a number from 0
mg.optim.SGD([P], 0.1).step() | ValueError | (3,) | call backward() on a loss that depends on it first
mg.optim.SGD([P], 0.1).load_state_dict(None) | TypeError | None | a state is what state_dict() gives
mg.optim.clip_grad_norm([], 1.0) | ValueError | () | pass, say, model.parameters.values()
mg.optim.clip_grad_norm([P], -1) | ValueError | -1 | max_norm is a number above 0
mg.optim.clip_grad_norm([P], 0) | ValueError | 0 | max_norm is a number above 0
mg.optim.clip_grad_norm([P], float('nan')) | ValueError | got nan | max_norm is a number above 0
mg.optim.clip_grad_norm([3], 1.0) | TypeError | 3 | number 0 is 3
mg.optim.clip_grad_norm(None, 1.0) | TypeError | None | parameters are Tensors in a list, as in
mg.optim.clip_grad_value([P], -1) | ValueError | -1 | limit is a number above 0
mg.optim.clip_grad_value([P], 'a') | TypeError | 'a' | limit is a number above 0
mg.optim.global_norm([3]) | TypeError | 3 | number 0 is 3
mg.tensor([[1, 2], [3]]) | ValueError | 3 | give rows of one length
mg.tensor("1.0", requires_grad=True) | TypeError | 1.0 | '1.0
mg.tensor(5, requires_grad=True) | TypeError | shape () | pass dtype=float
mg.sum(X, axis='columns') | TypeError | 'columns' | give a whole number
mg.matmul(V, X) | ValueError | (3,) | rows of one matrix are as long as columns of the other
mg.tensor([1.0, 2.0]).backward() | ValueError | (2,) | nothing it was made of does
mg.relu(np.array(['a'])) | TypeError | 'a' | array(['a'], dtype='<U1')
mg.concatenate([V, X]) | ValueError | (3,) | reshape them, or name another axis
mg.softmax(X, axis=2) | IndexError | 2 | its axes are -2 to 1
mg.cross_entropy(X, np.array([[0, 1, 0], [1, 0, 0]])) | ValueError | (2, 3) | logits of shape (2, 3) need one target for each row, shape (2,)
mg.cross_entropy(X, [3, 1]) | ValueError | 3 | cross_entropy on operands of shape (2, 3), (2,) with
mg.optim.Adam(net) | TypeError | <RNN of | parameters are Tensors in a list, as in
mg.optim.Adam(net.parameters) | TypeError | () | number 0 is 'W_xh
mg.optim.SGD(net.parameters.values(), lr=-0.01) | ValueError | -0.01 | lr is a number above 0
mg.optim.SGD(net.parameters.values(), lr='0.1') | TypeError | '0.1' | lr is a number above 0
mg.grad(lambda x: x ** 2)(np.array([1.0, 2.0])) | TypeError | 2 | reduce it, say with .sum(), or take the jacobian
mg.grad(3.0) | TypeError | 3.0 | grad takes a function
mg.gradients(S, X)[V] | KeyError | (3,) | "tensor of shape (3,) doesn't require gradients, so none was
mg.jvp(lambda x: x, np.ones(3), np.ones(3)) | TypeError | got array([1., 1., 1.]) | xs is a list or tuple, an entry for each argument
""",
    "programs": r"""
mg.trace(3) | TypeError | 3 | trace takes a function
mg.trace(None) | TypeError | None | trace takes a function
mg.trace(lambda x: float(x))(1.0) | TypeError | nothing | a program is replayed on other values, so nothing may be
mg.trace(lambda x: x if x > 0 else -x)(1.0) | TypeError | nothing | a program is replayed on other values, so nothing may be
program('a') | TypeError | 'a' | x0 is an array or a number, as when the program was traced
program() | TypeError | nothing | the program was traced with x0
program(np.ones(4)) | ValueError | 4 | the program was traced with (3,)
program(np.ones(3), np.ones(3)) | TypeError | got x0, x1 | the program was traced with x0
program(None) | TypeError | None | x0 is an array or a number, as when the program was traced
program.listing(rolled='no') | TypeError | 'no' | rolled is True or False
mg.Program(3) | TypeError | 3 | programs are made by trace(f)(*example)
mg.Program(lambda x: x) | TypeError | <function | programs are made by trace(f)(*example)
""",
    "nets": r"""
m.unroll(net, np.ones((4, 3)), parameters=[{}] * 4) | ValueError | step 0 | give all of the model's
m.k_truncated(-1) | ValueError | -1 | k_truncated needs k ≥ 0
m.k_truncated(1.5) | TypeError | 1.5 | k_truncated counts steps, so k is a whole number
m.k_truncated('a') | TypeError | 'a' | k_truncated counts steps, so k is a whole number
m.k_truncated(None) | TypeError | None | k_truncated counts steps, so k is a whole number
m.k_truncated(True) | TypeError | True | k_truncated counts steps, so k is a whole number
m.k_truncated(float('inf')) | TypeError | got inf | k_truncated counts steps, so k is a whole number
m.subsequence(0) | ValueError | 0 | subsequence needs k ≥ 1
m.subsequence(-2) | ValueError | -2 | subsequence needs k ≥ 1
m.subsequence(2.0) | TypeError | 2.0 | subsequence counts steps, so k is a whole number
m.subsequence('2') | TypeError | '2' | subsequence counts steps, so k is a whole number
m.subsequence(None) | TypeError | None | subsequence counts steps, so k is a whole number
m.Truncation('f', 3) | TypeError | 3 | a truncation is a function of t, such as lambda t: 0
m.Truncation(3, lambda t: t) | TypeError | 3 | the name of a truncation is a text
m.Truncation('f', None) | TypeError | None | a truncation is a function of t, such as lambda t: 0
m.coverage(lambda t: t + 1, 4) | ValueError | 1 | f(0) = 1, but the earliest step that the loss of step 0 may
m.coverage(lambda t: -1, 4) | ValueError | -1 | f(0) = -1, but the earliest step that the loss of step 0 may
m.coverage(lambda t: 0.5, 4) | TypeError | 0.5 | return an int, say with //
m.coverage(lambda t: None, 4) | TypeError | None | return an int, say with //
m.coverage(lambda t: 'a', 4) | TypeError | 'a' | return an int, say with //
m.coverage(3, 4) | TypeError | 3 | a truncation is a function of t, such as k_truncated(3) or
m.coverage(m.untruncated(), -1) | ValueError | -1 | steps is a whole number from 0
m.coverage(m.untruncated(), 2.5) | ValueError | 2.5 | steps is a whole number from 0
m.coverage(m.untruncated(), 'a') | TypeError | 'a' | steps is a whole number from 0
m.coverage(None, 4) | TypeError | None | a truncation is a function of t, such as k_truncated(3) or
m.bptt(run, lambda t: t + 1) | ValueError | 1 | f(0) = 1, but the earliest step that the loss of step 0 may
m.bptt(run, lambda t: t / 2) | TypeError | (0) | return an int, say with //
m.bptt(run, lambda t: -1) | ValueError | -1 | f(0) = -1, but the earliest step that the loss of step 0 may
m.bptt(run, 3) | TypeError | 3 | a truncation is a function of t, such as k_truncated(3) or
m.bptt(run, None) | TypeError | None | a truncation is a function of t, such as k_truncated(3) or
m.bptt(run, 'k:3') | TypeError | 'k:3' | a truncation is a function of t, such as k_truncated(3) or
m.bptt(run, m.k_truncated) | TypeError | (0) | return an int, say with //
m.bptt(net, m.untruncated()) | TypeError | net | a gradient over time takes what unroll(net, inputs, targets)
m.bptt(None, m.untruncated()) | TypeError | None | a gradient over time takes what unroll(net, inputs, targets)
m.bptt(S, m.untruncated()) | TypeError | tensor( | a gradient over time takes what unroll(net, inputs, targets)
m.bptt(run, m.untruncated(), record='yes') | TypeError | 'yes' | record is True or False
m.bptt(run, m.untruncated(), through_state='yes') | TypeError | 'yes' | through_state is True or False
m.RNN(0, 4) | ValueError | 0 | input_size is a whole number from 1
m.RNN(-1, 4) | ValueError | -1 | input_size is a whole number from 1
m.RNN(3, 0) | ValueError | 0 | hidden_size is a whole number from 1
m.RNN(3, 1.5) | ValueError | 1.5 | hidden_size is a whole number from 1
m.RNN('3', 4) | TypeError | '3' | input_size is a whole number from 1
m.RNN(3, None) | TypeError | None | hidden_size is a whole number from 1
m.RNN(3, 4, 0) | ValueError | 0 | output_size is a whole number from 1
m.RNN(3, 4, -1) | ValueError | -1 | output_size is a whole number from 1
m.RNN(3, 4, 2.5) | ValueError | 2.5 | output_size is a whole number from 1
m.RNN(3, 4, nonlinearity='sigmoid') | ValueError | 'sigmoid' | nonlinearity is one of tanh, relu, identity
m.RNN(3, 4, nonlinearity=None) | ValueError | None | nonlinearity is one of tanh, relu, identity
m.RNN(3, 4, nonlinearity='Tanh') | ValueError | 'Tanh' | did you mean tanh?
m.RNN(3, 4, num_layers=0) | ValueError | 0 | num_layers is a whole number from 1
m.RNN(3, 4, num_layers=1.5) | ValueError | 1.5 | num_layers is a whole number from 1
m.RNN(3, 4, num_layers=-1) | ValueError | -1 | num_layers is a whole number from 1
m.RNN(3, 4, rng='a') | TypeError | 'a' | rng is a whole number from 0, or a numpy.random.Generator
m.RNN(3, 4, rng=-1) | ValueError | -1 | rng is a whole number from 0, or a numpy.random.Generator
m.RNN(3, 4, rng=1.5) | TypeError | 1.5 | rng is a whole number from 0, or a numpy.random.Generator
m.RNN(3, 4, dtype=int) | TypeError | 3 | dtype is of floating-point numbers, such as numpy.float32
m.RNN(3, 4, dtype='float33') | TypeError | 'float33' | dtype is of floating-point numbers, such as numpy.float32
m.RNN(3, 4, dtype=complex) | TypeError | 3 | dtype is of floating-point numbers, such as numpy.float32
m.RNN(3, 4, init='xavier') | ValueError | 'xavier' | init is one of uniform, orthogonal, identity
m.RNN(3, 4, scale='a') | TypeError | 'a' | scale is a finite number
m.RNN(3, 4, scale=float('nan')) | ValueError | got nan | scale is a finite number
m.RNN(3, 4, embedding_size=0) | ValueError | 0 | embedding_size is a whole number from 1
m.RNN(3, 4, embedding_size='a') | TypeError | 'a' | embedding_size is a whole number from 1
m.RNN(3, 4, learn_initial_state='yes') | TypeError | 'yes' | learn_initial_state is True or False
m.RNN(True, 4) | TypeError | True | input_size is a whole number from 1
m.LSTM(3, 4, forget_bias='a') | TypeError | 'a' | forget_bias is a finite number
m.LSTM(3, 4, forget_bias=float('nan')) | ValueError | got nan | forget_bias is a finite number
m.LSTM(3, -4) | ValueError | -4 | hidden_size is a whole number from 1
m.GRU(3, '4') | TypeError | '4' | hidden_size is a whole number from 1
m.GRU(None, 4) | TypeError | None | input_size is a whole number from 1
m.Residual(None) | TypeError | None | Residual goes around an RNN, LSTM or GRU
m.Residual(3) | TypeError | 3 | Residual goes around an RNN, LSTM or GRU
m.Residual(m.ScalarRNN()) | TypeError | got < | Residual goes around an RNN, LSTM or GRU
m.Residual(m.RNN(3, 4), scale='a') | TypeError | 'a' | scale is a finite number
m.Residual(m.RNN(3, 4), scale=float('nan')) | ValueError | got nan | scale is a finite number
m.ScalarRNN('sigmoid') | ValueError | 'sigmoid' | nonlinearity is one of tanh, relu, identity
m.ScalarRNN(W_hh='a') | TypeError | 'a' | W_hh of a ScalarRNN is a finite number
m.ScalarRNN(W_hh=[1.0, 2.0]) | ValueError | (2,) | W_hh of a ScalarRNN is one number
m.ScalarRNN(W_hh=1j) | TypeError | 1j | W_hh of a ScalarRNN is a finite number
m.ScalarRNN(b_h=None) | TypeError | None | b_h of a ScalarRNN is a finite number
m.ScalarRNN(rng=-1) | ValueError | -1 | rng is a whole number from 0, or a numpy.random.Generator
m.ScalarRNN(dtype=int) | TypeError | got < | dtype is of floating-point numbers, such as numpy.float32
m.Net({'a': 'b'}) | TypeError | 'b' | a tensor holds real numbers or booleans, not <U1 (shape ()): 'b
m.Net(None) | TypeError | None | parameters are arrays by name, in a dict
m.Net({3: 1.0}) | TypeError | 3 | the name of a parameter is a text
net.load_state_dict(None) | TypeError | None | values are arrays by name, as state_dict() gives them
net.load_state_dict({**net.state_dict(), 'W_hh': np.ones((9, 9))}) | ValueError | 9 | the values given, (9, 9)
net.load_state_dict({**net.state_dict(), 'W_hh': 'a'}) | ValueError | (4, 4) | the values given, ()
net.load_state_dict({**net.state_dict(), 'W_hh': 1j * np.ones((4, 4))}) | TypeError | 4 | the values given, complex128
net.load_torch_state_dict({}) | KeyError | net | layers [] for a net of 1
net.load_torch_state_dict(None) | TypeError | None | 'NoneType' object is not iterable
net.initial_state(3) | TypeError | 3 | batch_shape is (), or (B,) for B examples
net.initial_state('a') | TypeError | 'a' | batch_shape is (), or (B,) for B examples
net.initial_state((-1,)) | ValueError | -1 | batch_shape is a whole number from 0
net.initial_state((1.5,)) | ValueError | 1.5 | batch_shape is a whole number from 0
net.step({}, net.initial_state(), np.ones(3)) | KeyError | 'W_xh' | 'W_xh
net.step(net.parameters, np.ones(9), np.ones(3)) | ValueError | 9 | rows of one matrix are as long as columns of the other
net.step(net.parameters, net.initial_state(), np.ones(7)) | ValueError | 7 | its last axis must be 3
m.unroll(net, np.ones((4, 5))) | ValueError | 5 | its last axis must be 3
m.unroll(net, np.ones((4, 3)), [0, 1]) | ValueError | 4 | 4 steps of inputs need as many of targets
m.unroll(net, np.ones((4, 3)), [0, 1, 0, 1, 0]) | ValueError | 4 | 4 steps of inputs need as many of targets
m.unroll(net, np.ones((4, 3)), [0, 1, 0, 9]) | ValueError | 9 | cross_entropy on operands of shape (2,), () with
m.unroll(net, np.ones((4, 3)), [0, 1, 0, -1]) | ValueError | -1 | cross_entropy on operands of shape (2,), () with
m.unroll(net, np.ones((4, 3)), [0.5, 1.0, 0.0, 1.0]) | TypeError | 4 | targets are class numbers, so integers
m.unroll(net, np.ones((4, 3)), 'abcd') | TypeError | got < | targets are class numbers, so integers
m.unroll(net, []) | ValueError | (0,) | inputs are a sequence of at least one step
m.unroll(net, np.ones((0, 3))) | ValueError | 3 | inputs are a sequence of at least one step
m.unroll(net, None) | TypeError | None | None
m.unroll(net, 'abc') | TypeError | 'abc' | 'abc
m.unroll(net, 3) | ValueError | shape () | inputs are a sequence of at least one step
m.unroll(net, 1.0) | ValueError | shape () | inputs are a sequence of at least one step
m.unroll(net, [0, 1, 5]) | ValueError | 5 | token 5 is not one of the 3 that the model has: 0 … 2
m.unroll(net, [0, 1, -1]) | ValueError | -1 | tokens count from 0
m.unroll(net, [0.5, 1.0]) | ValueError | (3, 4) | its last axis must be 3
m.unroll(net, np.ones((4, 3), complex)) | TypeError | 3 | write the real and the imaginary part as two tensors
m.unroll(net, [np.ones(3), np.ones(4)]) | ValueError | (2,) | give rows of one length
m.unroll(net, np.ones((4, 3)), [0, 1, 0, 1], loss='l2') | ValueError | 'l2' | loss is one of cross_entropy, mse, or a function of output and
m.unroll(net, np.ones((4, 3)), [0, 1, 0, 1], loss=None) | ValueError | None | loss is one of cross_entropy, mse, or a function of output and
m.unroll(net, np.ones((4, 3)), [0, 1, 0, 1], loss=3) | ValueError | 3 | loss is one of cross_entropy, mse, or a function of output and
m.unroll(net, np.ones((4, 3)), [0, 1, 0, 1], loss=lambda y, t: y) | ValueError | 0 | at step 0 it had shape (2,)
m.unroll(net, np.ones((4, 3)), [0, 1, 0, 1], loss=lambda y, t: None) | TypeError | None | at step 0 it was None
m.unroll(net, np.ones((4, 3)), [0, 1, 0, 1], loss='mse') | ValueError | (2,) | they must agree
m.unroll(net, np.ones((4, 3)), loss='l2') | ValueError | 'l2' | loss is one of cross_entropy, mse, or a function of output and
m.unroll(net, np.ones((4, 3)), [0, 1, 0, 1], at='first') | ValueError | 'first' | at is one of each, last
m.unroll(net, np.ones((4, 3)), [0, 1, 0, 1], at='last') | ValueError | 4 | logits of shape (2,) need one target for each row, shape ()
m.unroll(net, np.ones((4, 3)), 1, at='each') | ValueError | 1 | 4 steps of inputs need as many of targets
m.unroll(net, np.ones((4, 3)), [0, 1, 0, 1], state=np.ones(9)) | ValueError | 9 | this model and these inputs need (4,)
m.unroll(net, np.ones((4, 3)), [0, 1, 0, 1], state='a') | TypeError | 'a' | a tensor holds real numbers or booleans, not <U1 (shape ()): 'a
m.unroll(net, np.ones((4, 3)), [0, 1, 0, 1], state=(np.ones(4), np.ones(4))) | ValueError | 4 | this model and these inputs need (4,)
m.unroll(net, np.ones((4, 3)), [0, 1, 0, 1], mask=np.ones(3)) | ValueError | 3 | the mask is booleans of shape (4,), (T, B) or (T,), or numbers
m.unroll(net, np.ones((4, 3)), [0, 1, 0, 1], mask='a') | ValueError | 1 | the mask is booleans of shape (4,), (T, B) or (T,), or numbers
m.unroll(net, np.ones((4, 2, 3)), np.zeros((4, 2), int), mask=np.full((4, 2), 0.5)) | ValueError | 2 | the mask is booleans of shape (4, 2), (T, B) or (T,), or
m.unroll(net, np.ones((4, 2, 3)), np.zeros((4, 2), int), lengths=[4, 5]) | ValueError | 5 | a sequence of 4 steps has 0 to 4
m.unroll(net, np.ones((4, 2, 3)), np.zeros((4, 2), int), lengths=[4, -1]) | ValueError | -1 | a sequence of 4 steps has 0 to 4
m.unroll(net, np.ones((4, 2, 3)), np.zeros((4, 2), int), lengths=[4]) | ValueError | 4 | lengths are whole numbers, one for each of 2 examples
m.unroll(net, np.ones((4, 2, 3)), np.zeros((4, 2), int), lengths=[4, 1.5]) | ValueError | 4 | lengths are whole numbers, one for each of 2 examples
m.unroll(net, np.ones((4, 2, 3)), np.zeros((4, 2), int), lengths='ab') | ValueError | 2 | lengths are whole numbers, one for each of 2 examples
m.unroll(net, np.ones((4, 3)), [0, 1, 0, 1], parameters=[]) | ValueError | 0 | 4 steps need as many mappings of parameters
m.unroll(net, np.ones((4, 3)), [0, 1, 0, 1], parameters=net.parameters) | ValueError | 4 | 4 steps need as many mappings of parameters
m.unroll(net, np.ones((4, 3)), [0, 1, 0, 1], parameters=[{}] * 4) | ValueError | 0 | give all of the model's
m.unroll(None, np.ones((4, 3))) | TypeError | 3 | unroll takes a model, with parameters, initial_state and step,
m.unroll('net', np.ones((4, 3))) | TypeError | 3 | unroll takes a model, with parameters, initial_state and step,
m.unroll(m.RNN, np.ones((4, 3))) | TypeError | object | unroll takes an object, such as RNN(…), not the class
m.unroll(m.ScalarRNN(), ['a', 'b']) | TypeError | 'b' | ['a', 'b']
m.unroll(m.ScalarRNN(), np.ones((4, 2, 2)), np.ones(3), loss='mse') | ValueError | 3 | 4 steps of inputs need as many of targets
m.unroll(m.RNN(3, 4), np.ones((4, 3)), [0, 1, 0, 7]) | ValueError | 7 | cross_entropy on operands of shape (4,), () with
run.gradients(3) | TypeError | 3 | a truncation is a function of t, such as k_truncated(3) or
run.gradients(lambda t: 9) | ValueError | 9 | f(0) = 9, but the earliest step that the loss of step 0 may
run.gradients('k:2') | TypeError | 'k:2' | a truncation is a function of t, such as k_truncated(3) or
m.influence(net) | TypeError | net | a gradient over time takes what unroll(net, inputs, targets)
m.influence(pair, member=5) | ValueError | 5 | member is a whole number from 0 to 0
m.influence(pair, member='a') | TypeError | 'a' | member is a whole number from 0 to 0
m.influence(None) | TypeError | None | a gradient over time takes what unroll(net, inputs, targets)
m.attribution(run, 'W_zz') | ValueError | 'W_zz' | a parameter of this run is one of W_xh, W_hh, b_h, W_hy, b_y
m.attribution(run, 3) | ValueError | 3 | a parameter of this run is one of W_xh, W_hh, b_h, W_hy, b_y
m.attribution(run, S) | ValueError | tensor( | a parameter of this run is one of W_xh, W_hh, b_h, W_hy, b_y
m.attribution(net, 'W_hh') | TypeError | net | a gradient over time takes what unroll(net, inputs, targets)
m.state_gradient_norms(run, 3) | TypeError | 3 | a truncation is a function of t, such as k_truncated(3) or
m.state_gradient_norms(net) | TypeError | net | a gradient over time takes what unroll(net, inputs, targets)
m.state_gradient_norms(pair, member=-3) | ValueError | -3 | member is a whole number from 0 to 0
m.state_gradient_norms(run, m.untruncated(), member=1.5) | ValueError | 1.5 | member is a whole number from 0 to 0
m.step_jacobians(net) | TypeError | net | step_jacobians takes what unroll(net, inputs, targets) returns
m.step_jacobians(pair, example=7) | ValueError | 7 | example is a whole number from 0 to 1
m.step_jacobians(pair, example='a') | TypeError | 'a' | example is a whole number from 0 to 1
m.step_jacobians(run, example=1) | ValueError | 1 | example is a whole number from 0 to 0
m.lag_products(np.ones((3, 4))) | ValueError | 4 | jacobians are matrices (T, n, n) of numbers, as step_jacobians
m.lag_products('a') | ValueError | 'a' | jacobians are matrices (T, n, n) of numbers, as step_jacobians
m.lag_products(np.ones((3, 4, 5))) | ValueError | 5 | jacobians are matrices (T, n, n) of numbers, as step_jacobians
m.spectrum(np.ones((3, 4))) | ValueError | 4 | jacobians are matrices (T, n, n) of numbers, as step_jacobians
m.spectrum(np.ones((3, 4, 5))) | ValueError | 5 | jacobians are matrices (T, n, n) of numbers, as step_jacobians
m.spectrum(None) | ValueError | None | jacobians are matrices (T, n, n) of numbers, as step_jacobians
m.spectrum(np.full((2, 3, 3), np.nan)) | ValueError | nan | jacobians are of finite numbers
m.truncation_bias(run, 3) | TypeError | 3 | a truncation is a function of t, such as k_truncated(3) or
m.truncation_bias(run, lambda t: t + 3) | ValueError | 3 | f(0) = 3, but the earliest step that the loss of step 0 may
m.truncation_bias(net, m.untruncated()) | TypeError | net | a gradient over time takes what unroll(net, inputs, targets)
m.check_truncation(net, m.k_truncated(1), np.ones((4, 5)), [0, 1, 0, 1]) | ValueError | 5 | its last axis must be 3
m.check_truncation(net, 3, np.ones((4, 3)), [0, 1, 0, 1]) | TypeError | 0 | a truncation is a function of t, such as k_truncated(3) or
m.check_truncation(net, lambda t: t + 1, np.ones((4, 3)), [0, 1, 0, 1]) | ValueError | 1 | f(0) = 1, but the earliest step that the loss of step 0 may
m.check_truncation(net, m.k_truncated(1), np.ones((4, 3)), [0, 1]) | ValueError | 4 | 4 steps of inputs need as many of targets
m.check_truncation(net, m.k_truncated(1), np.ones((4, 3)), [0, 1, 0, 1], step=0.0) | ValueError | 0.0 | step is a number above 0
m.check_truncation(net, m.k_truncated(1), np.ones((4, 3)), [0, 1, 0, 1], step=-1.0) | ValueError | -1.0 | step is a number above 0
m.check_truncation(net, m.k_truncated(1), np.ones((4, 3)), [0, 1, 0, 1], rtol=-1) | ValueError | -1 | rtol is a number from 0
m.check_truncation(net, m.k_truncated(1), np.ones((4, 3)), [0, 1, 0, 1], rtol='a') | TypeError | 'a' | rtol is a number from 0
m.check_truncation(net, m.k_truncated(1), np.ones((4, 3)), [0, 1, 0, 1], rng=-1) | ValueError | -1 | rng is a whole number from 0, or a numpy.random.Generator
m.check_truncation(None, m.k_truncated(1), np.ones((4, 3)), [0, 1, 0, 1]) | TypeError | 3 | unroll takes a model, with parameters, initial_state and step,
m.check_cell(None) | TypeError | None | check_cell takes a model, with parameters, initial_state and
m.check_cell(3) | TypeError | 3 | check_cell takes a model, with parameters, initial_state and
m.check_cell(m.RNN) | TypeError | object | check_cell takes an object, such as RNN(…), not the class
m.check_cell(net, np.ones((4, 9))) | ValueError | 9 | inputs are (T, B, …) with T and B from 2
m.check_cell(net, rng='a') | TypeError | 'a' | rng is a whole number from 0, or a numpy.random.Generator
m.clip_states(run, 0) | ValueError | 0 | limit is a number above 0
m.clip_states(run, -1) | ValueError | -1 | limit is a number above 0
m.clip_states(run, 'a') | TypeError | 'a' | limit is a number above 0
m.clip_states(net, 1.0) | TypeError | net | clip_states takes what unroll(net, inputs, targets) returns
m.RNN(3, 4.0) | ValueError | 4.0 | hidden_size is a whole number from 1
m.GRU(0, 5) | ValueError | 0 | input_size is a whole number from 1
m.unroll(net, np.zeros((4, 7))) | ValueError | 7 | its last axis must be 3
m.unroll(net, np.zeros((4, 3)), np.zeros(5, int)) | ValueError | 5 | 4 steps of inputs need as many of targets
m.unroll(net, np.zeros((4, 3)), np.full(4, 2)) | ValueError | 2 | cross_entropy on operands of shape (2,), () with
m.unroll(net, np.zeros((4, 3)), [0, 1, 0, 1], loss='crossentropy') | ValueError | 'crossentropy' | loss is one of cross_entropy, mse, or a function of output and
m.unroll(net, np.zeros((4, 3)), [0, 1, 0, 1], mask=[1, 1]) | ValueError | 1 | the mask is booleans of shape (4,), (T, B) or (T,), or numbers
m.unroll(np.zeros((4, 3)), net) | TypeError | 3 | unroll takes a model, with parameters, initial_state and step,
m.bptt(run, 2) | TypeError | 2 | a truncation is a function of t, such as k_truncated(3) or
m.bptt(net, m.k_truncated(2)) | TypeError | 2 | a gradient over time takes what unroll(net, inputs, targets)
m.bptt(run, lambda t: t - 5) | ValueError | 5 | f(0) = -5, but the earliest step that the loss of step 0 may
m.k_truncated(2.0) | TypeError | 2.0 | k_truncated counts steps, so k is a whole number
m.attribution(run, 'Whh') | ValueError | 'Whh' | a parameter of this run is one of W_xh, W_hh, b_h, W_hy, b_y
m.check_truncation(net, m.k_truncated(1), np.zeros((4, 3)), [0, 1]) | ValueError | 4 | 4 steps of inputs need as many of targets
""",
    "training and data": r"""
m.Clip(0) | ValueError | 0 | the limit of a Clip is a number above 0
m.Clip(-1) | ValueError | -1 | the limit of a Clip is a number above 0
m.Clip(float('nan')) | ValueError | got nan | the limit of a Clip is a number above 0
m.Clip('a') | TypeError | 'a' | the limit of a Clip is a number above 0
m.Clip(1.0, 'l2') | ValueError | 'l2' | the kind of a Clip is one of norm, parameter, value, state
m.Clip(1.0, None) | ValueError | None | the kind of a Clip is one of norm, parameter, value, state
m.Schedule('step', 0.1, 10) | ValueError | 'step' | the shape of a schedule is one of constant, cosine, linear
m.Schedule('cosine', 0, 10) | ValueError | 0 | lr is a number above 0
m.Schedule('cosine', -1, 10) | ValueError | -1 | lr is a number above 0
m.Schedule('cosine', 0.1, 0) | ValueError | 0 | updates is a whole number from 1
m.Schedule('cosine', 0.1, 1.5) | ValueError | 1.5 | updates is a whole number from 1
m.Schedule('cosine', 0.1, 10, warmup=-1) | ValueError | -1 | warmup is a whole number from 0 to 10
m.Schedule('cosine', 0.1, 10, warmup=11) | ValueError | 11 | warmup is a whole number from 0 to 10
m.Schedule('cosine', float('nan'), 10) | ValueError | got nan | lr is a number above 0
m.Schedule('cosine', '0.1', 10) | TypeError | '0.1' | lr is a number above 0
m.Chunk(np.ones((3, 2)), [0, 1]) | ValueError | 2 | 3 steps of inputs need as many targets, None where there is none
m.Chunk(np.ones((3, 2)), None) | ValueError | None | 3 steps of inputs need as many targets, None where there is none
m.Chunk(None, [0]) | ValueError | None | inputs are arrays, time first
m.Chunk(np.ones((3, 2)), np.ones((3, 2)), mask=np.ones((2, 2))) | ValueError | 2 | 3 steps need as many rows of a mask
m.streams('abc', 2, 3) | TypeError | 3 | streams are of tokens, whole numbers, or of numbers
m.streams(np.arange(100), 0, 3) | ValueError | 0 | batch is a whole number from 1
m.streams(np.arange(100), 2, 0) | ValueError | 0 | steps is a whole number from 1
m.streams(np.arange(100), 2, 1.5) | ValueError | 1.5 | steps is a whole number from 1
m.streams(np.arange(100), '2', 3) | TypeError | '2' | batch is a whole number from 1
m.streams(np.arange(5), 2, 8) | ValueError | 8 | give more text, fewer streams or fewer steps
m.streams(np.ones((10, 10), int), 2, 3) | ValueError | 10 | streams are of tokens (length,) or numbers (length, features)
m.streams(None, 2, 3) | TypeError | None | streams are of tokens, whole numbers, or of numbers
m.streams(np.arange(100), 2, 3)(-1) | ValueError | -1 | the number of a chunk is a whole number from 0
m.streams(np.arange(100), 2, 3)('a') | TypeError | 'a' | the number of a chunk is a whole number from 0
m.held_out(np.arange(1000), 0) | ValueError | 0 | share is a number above 0 and below 1
m.held_out(np.arange(1000), 1.0) | ValueError | 1.0 | share is a number above 0 and below 1
m.held_out(np.arange(1000), -0.1) | ValueError | -0.1 | share is a number above 0 and below 1
m.held_out(np.arange(1000), 'a') | TypeError | 'a' | share is a number above 0 and below 1
m.held_out(np.arange(1000), float('nan')) | ValueError | got nan | share is a number above 0 and below 1
m.held_out(np.arange(3)) | ValueError | 3 | give more text
m.text_of(3) | TypeError | 3 | characters is a text
m.text_of(None) | TypeError | None | characters is a text
m.text_of(b'abc') | TypeError | 'abc' | characters is a text
m.read_text('gone.txt') | FileNotFoundError | 'gone.txt' | give a text file that you may read
m.read_text('empty.txt') | ValueError | 'empty.txt' | give one with some text in it
m.read_text('binary.bin') | ValueError | 'binary.bin' | convert it first, say with iconv -t UTF-8
m.read_text('.') | IsADirectoryError | '.' | give a text file that you may read
m.read_text(3) | TypeError | 3 | the file of a text is the path of a file or folder
m.read_text(None) | TypeError | None | the file of a text is the path of a file or folder
m.read_text('pipe') | OSError | 'pipe' | give a text file that you may read
text.encoded('Ω') | ValueError | 'Ω' | use characters that are
text.encoded(3) | TypeError | 3 | characters are a text
m.sample(net, text, 5) | ValueError | (3,) | a model of this text has outputs of shape (3,), a number for
m.sample(writer, text, -1) | ValueError | -1 | length is a whole number from 0
m.sample(writer, text, 1.5) | ValueError | 1.5 | length is a whole number from 0
m.sample(writer, text, 'a') | TypeError | 'a' | length is a whole number from 0
m.sample(writer, text, 5, temperature=-1) | ValueError | -1 | temperature is a number from 0
m.sample(writer, text, 5, temperature=float('nan')) | ValueError | got nan | temperature is a number from 0
m.sample(writer, text, 5, temperature='hot') | TypeError | 'hot' | temperature is a number from 0
m.sample(writer, text, 5, rng=-1) | ValueError | -1 | rng is a whole number from 0, or a numpy.random.Generator
m.sample(writer, text, 5, rng='a') | TypeError | 'a' | rng is a whole number from 0, or a numpy.random.Generator
m.sample(writer, text, 5, prime='Ω') | ValueError | 'Ω' | use characters that are
m.sample(writer, text, 5, prime=3) | TypeError | 3 | prime is a text
m.sample(writer, 'text', 5) | TypeError | 'text' | sample takes a Text, as text_of(…) and read_text(…) make it
m.sample(None, text, 5) | TypeError | None | sample takes a model, with parameters, initial_state and step,
m.Adding(1) | ValueError | 1 | length is a whole number from 2
m.Adding(0) | ValueError | 0 | length is a whole number from 2
m.Adding(2.5) | ValueError | 2.5 | length is a whole number from 2
m.Adding('a') | TypeError | 'a' | length is a whole number from 2
m.CueRecall(1) | ValueError | 1 | length is a whole number from 2
m.CueRecall(12, 0) | ValueError | 0 | distractors is a whole number from 1
m.CueRecall(12, -1) | ValueError | -1 | distractors is a whole number from 1
m.CueRecall(12, 1.5) | ValueError | 1.5 | distractors is a whole number from 1
m.CueRecall(None) | TypeError | None | length is a whole number from 2
m.Agreement(-1) | ValueError | -1 | phrases is a whole number from 0
m.Agreement(1.5) | ValueError | 1.5 | phrases is a whole number from 0
m.Agreement('a') | TypeError | 'a' | phrases is a whole number from 0
m.Digits('column') | ValueError | 'column' | by is one of row, pixel
m.Digits(3) | ValueError | 3 | by is one of row, pixel
m.Digits('row', split=-1) | ValueError | -1 | split is a whole number from 0
m.Digits('row', split='a') | TypeError | 'a' | split is a whole number from 0
m.batches(m.Adding(), 0) | ValueError | 0 | size is a whole number from 1
m.batches(m.Adding(), -1) | ValueError | -1 | size is a whole number from 1
m.batches(m.Adding(), 1.5) | ValueError | 1.5 | size is a whole number from 1
m.batches(m.Adding(), 4, seed=-1) | ValueError | -1 | seed is a whole number from 0
m.batches(None, 4) | TypeError | None | a task has a batch(generator, size), as Adding() has
m.batches(m.Adding(), 4, seed='a') | TypeError | 'a' | seed is a whole number from 0
m.held_out_examples(m.Adding(), 0) | ValueError | 0 | size is a whole number from 1
m.held_out_examples(m.Adding(), 'a') | TypeError | 'a' | size is a whole number from 1
m.held_out_examples(m.Adding(), 5, seed=-1) | ValueError | -1 | seed is a whole number from 0
m.held_out_examples(3) | TypeError | 3 | a task has a batch(generator, size), as Adding() has
m.Adding().batch(np.random.default_rng(0), 0) | ValueError | 0 | size is a whole number from 1
m.Adding().batch(np.random.default_rng(0), 'a') | TypeError | 'a' | size is a whole number from 1
m.CueRecall().forget_cues(3) | TypeError | 3 | W_xh is a Tensor, a net's weight
m.one_epoch(3) | TypeError | 3 | data is a function of a chunk's number
list(m.one_epoch(lambda i: None)) | TypeError | None | data are chunks, as in Chunk(inputs, targets)
m.evaluate(net, 3) | TypeError | 3 | evaluate takes several chunks, as in a list
m.evaluate(net, [3]) | TypeError | 3 | data are chunks, as in Chunk(inputs, targets)
m.evaluate(net, [chunk], loss='l2') | ValueError | 'l2' | loss is one of cross_entropy, mse, or a function of output and
m.evaluate(None, [chunk]) | TypeError | None | evaluate takes a model, with parameters, initial_state and
m.Trainer(net, data, adam, loss='l2') | ValueError | 'l2' | loss is one of cross_entropy, mse, or a function of output and
m.Trainer(net, data, None) | TypeError | None | an optimizer is one of minigrad.optim, as Adam(…)
m.Trainer(net, None, adam) | TypeError | None | data is a function of a chunk's number, as streams(…) makes it
m.Trainer(None, data, adam) | TypeError | None | a Trainer takes a model, with parameters, initial_state and
m.Trainer(net, data, mg.optim.Adam([P])) | ValueError | (3,) | make the optimizer over model.parameters.values()
m.Trainer(net, data, adam, truncation=3) | TypeError | 3 | a truncation is a function of t, such as k_truncated(3) or
m.Trainer(net, data, adam, update_every=0) | ValueError | 0 | update_every is a whole number from 1
m.Trainer(net, data, adam, update_every=1.5) | ValueError | 1.5 | update_every is a whole number from 1
m.Trainer(net, data, adam, clip=3) | TypeError | 3 | clip is a Clip, as Clip(1.0), or None
m.Trainer(net, data, adam, program='maybe') | ValueError | 'maybe' | program is one of True, False, auto
m.Trainer(net, data, adam, engine='torch') | ValueError | 'torch' | engine is one of numpy, jax
m.Trainer(net, data, adam, devices=4) | ValueError | 4 | engine="jax" takes 4
m.Trainer(net, data, adam, updates=-1) | ValueError | -1 | updates is a whole number from 0
m.train(net, data, 0, adam) | ValueError | 0 | updates is a whole number from 1
m.train(net, data, -1, adam) | ValueError | -1 | updates is a whole number from 1
m.train(net, data, 1.5, adam) | ValueError | 1.5 | updates is a whole number from 1
m.train(net, data, 'a', adam) | TypeError | 'a' | updates is a whole number from 1
m.train(net, data, 1, adam, max_norm=-1) | ValueError | -1 | the limit of a Clip is a number above 0
m.train(net, data, 1, adam, max_norm=0) | ValueError | 0 | the limit of a Clip is a number above 0
m.train(net, data, 1, adam, loss='l2') | ValueError | 'l2' | loss is one of cross_entropy, mse, or a function of output and
m.train(net, data, 1, adam, engine='gpu') | ValueError | 'gpu' | engine is one of numpy, jax
m.train(net, data, 1, adam, program='x') | ValueError | 'x' | program is one of True, False, auto
m.fit(trainer(), 0, 'new') | ValueError | 0 | updates is a whole number from 1
m.fit(trainer(), -1, 'new') | ValueError | -1 | updates is a whole number from 1
m.fit(trainer(), 'a', 'new') | TypeError | 'a' | updates is a whole number from 1
m.fit(trainer(), 1.5, 'new') | ValueError | 1.5 | updates is a whole number from 1
m.fit(trainer(), 2, 'book.txt') | FileExistsError | 'book.txt' | give another folder
m.fit(trainer(), 2, 'new', every=0) | ValueError | 0 | every is a whole number from 1
m.fit(trainer(), 2, 'new', every='a') | TypeError | 'a' | every is a whole number from 1
m.fit(trainer(), 2, 'new', 3) | TypeError | 3 | validate is a function that gives a Score
m.fit(trainer(), 2, 'run') | FileExistsError | 'run' | go on with it, or give another folder
m.fit(trainer(), 2, None) | TypeError | None | folder is the path of a file or folder
m.fit(trainer(), 2, '') | ValueError | '' | folder is the path of a file or folder
m.fit(None, 2, 'new') | TypeError | None | fit takes a Trainer
m.fit(trainer(), 2, 'new', header=3) | TypeError | 3 | header is a mapping of what JSON has, texts, numbers, lists
m.fit(trainer(), 2, 'new', header={'a': object()}) | TypeError | 'a' | header is a mapping of what JSON has, texts, numbers, lists
m.resume(trainer(), 'nowhere') | FileNotFoundError | 't read ' | give a file that was saved before
m.resume(trainer(), 'run') | ValueError | 'run/last.npz' | give the settings it had
m.resume(trainer(), 'cut') | ValueError | 'cut/last.npz' | use another copy of it
m.resume(trainer(), 'foreign') | ValueError | 'foreign/last.npz' | give the settings it had
m.resume(None, 'run') | TypeError | None | resume takes a Trainer
m.resume(trainer(), None) | TypeError | None | folder is the path of a file or folder
m.read_checkpoint('nowhere') | FileNotFoundError | 'nowhere' | give a file that was saved before
m.read_checkpoint('cut') | ValueError | 'cut/last.npz' | use another copy of it
m.read_checkpoint('textual') | ValueError | 'textual/last.npz' | use another copy of it
m.read_checkpoint('book.txt') | FileNotFoundError | 'book.txt' | give a file that was saved before
m.read_checkpoint(None) | TypeError | None | the path of a training is the path of a file or folder
m.read_checkpoint(3) | TypeError | 3 | the path of a training is the path of a file or folder
m.read_log('nowhere') | FileNotFoundError | 'nowhere' | give a file that was saved before
m.read_log('book.txt') | ValueError | 'book.txt' | take it out
m.read_log('badlog') | ValueError | 'badlog/log.jsonl' | take it out
m.read_log(None) | TypeError | None | the path of a log is the path of a file or folder
m.load('nowhere.npz') | FileNotFoundError | 'nowhere.npz' | give a file that was saved before
m.load('net.pt') | ValueError | 'net.pt' | give a name that ends in .npz or .safetensors
m.load('cut/last.npz') | ValueError | 'cut/last.npz' | use another copy of it
m.load('folder.npz') | IsADirectoryError | 'folder.npz' | give a file that was saved before
m.load(None) | TypeError | None | path is the path of a file or folder
m.load(3) | TypeError | 3 | path is the path of a file or folder
m.load('') | ValueError | '' | path is the path of a file or folder
m.save('net.pt', {}) | ValueError | 'net.pt' | give a name that ends in .npz or .safetensors
m.save('no/net.npz', {'a': np.ones(3)}) | FileNotFoundError | 'no/net.npz' | choose another place
m.save('new.npz', {'a': np.array([object()])}) | TypeError | object | only numbers and booleans are saved
m.save('new.npz', {3: np.ones(3)}) | TypeError | 3 | the name of an array is a text
m.save('new.npz', None) | TypeError | None | arrays are given by name, as in net.state_dict()
m.save('new.npz', {'a': np.ones(3)}, header=3) | TypeError | 3 | header is a mapping of what JSON has, texts, numbers, lists
m.save('new.npz', {'a': np.ones(3)}, header={'x': object()}) | TypeError | 'x' | header is a mapping of what JSON has, texts, numbers, lists
m.save('folder.npz', {'a': np.ones(3)}) | IsADirectoryError | 'folder.npz' | choose another place
m.save('book.txt/new.npz', {'a': np.ones(3)}) | NotADirectoryError | 'book.txt/new.npz' | choose another place
m.save(None, {'a': np.ones(3)}) | TypeError | None | path is the path of a file or folder
m.export('nowhere') | FileNotFoundError | 'nowhere' | give a file that was saved before
m.export('run', 'onnx') | ValueError | 'onnx' | to is one of npz, safetensors
m.export('run', None) | ValueError | None | to is one of npz, safetensors
m.export('run', 'npz', 'net.pt') | ValueError | 'net.pt' | give such a name, or another form than 'npz
m.export('run', 'npz', 'no/net.npz') | FileNotFoundError | 'no/net.npz' | give another place
m.export('run', 'safetensors', 'net.npz') | ValueError | 'net.npz' | give such a name, or another form than 'safetensors
m.export('foreign') | ValueError | 'recipe' | train it anew
m.export(None) | TypeError | None | the path of a training is the path of a file or folder
m.load_run('nowhere') | FileNotFoundError | 'nowhere' | give a file that was saved before
m.load_run('cut') | ValueError | 'cut/last.npz' | use another copy of it
m.load_run('foreign') | ValueError | 'recipe' | train it anew
m.load_run('run', cell='nowhere:Net') | ValueError | 'nowhere:Net' | leave it out
m.load_run(None) | TypeError | None | the path of a training is the path of a file or folder
m.load_run('book.txt') | FileNotFoundError | 'book.txt' | give a file that was saved before
m.module_of(3) | ValueError | () | save(path, net.state_dict()) keeps its weights under their own
m.module_of(m.ScalarRNN()) | ValueError | () | save(path, net.state_dict()) keeps its weights under their own
m.module_of(None) | ValueError | None | save(path, net.state_dict()) keeps its weights under their own
m.train(net, data, 10, 'adam') | TypeError | 'adam' | an optimizer is one of minigrad.optim, as Adam(…)
m.train(net, [1, 2, 3], 10, adam) | TypeError | 3 | data is a function of a chunk's number, as streams(…) makes it
m.streams('hello world', 2, 3) | TypeError | 'hello world' | streams are of tokens, whole numbers, or of numbers
m.read_text('nosuchfile.txt') | FileNotFoundError | 'nosuchfile.txt' | give a text file that you may read
m.sample(net, 'hello', 10) | TypeError | 'hello' | sample takes a Text, as text_of(…) and read_text(…) make it
m.load('run') | ValueError | 'run' | give a name that ends in .npz or .safetensors
m.save('weights', net.state_dict()) | ValueError | 'weights' | give a name that ends in .npz or .safetensors
m.load_run('runs') | FileNotFoundError | 'runs' | give a file that was saved before
""",
    "pictures": r"""
viz.draw(3) | TypeError | 3 | draw takes a Tensor, or what unroll(net, inputs, targets) returns
viz.draw(None) | TypeError | None | draw takes a Tensor, or what unroll(net, inputs, targets) returns
viz.draw('run') | TypeError | 'run' | draw takes a Tensor, or what unroll(net, inputs, targets) returns
viz.draw(net) | TypeError | <RNN of | draw takes a Tensor, or what unroll(net, inputs, targets) returns
viz.draw(run, level='deep') | ValueError | 'deep' | the level of a run is one of None, rolled, cell, step, op, strip
viz.draw(run, level='Cell') | ValueError | 'Cell' | the level of a run is one of None, rolled, cell, step, op, strip
viz.draw(run, level=3) | ValueError | 3 | the level of a run is one of None, rolled, cell, step, op, strip
viz.draw(S, level='rolled') | ValueError | 'rolled' | leave it out, or say 'op', or 'cell
viz.draw(run, level='step', step=99) | ValueError | 99 | step is a whole number from 0 to 3
viz.draw(run, level='step', step='a') | TypeError | 'a' | step is a whole number from 0 to 3
viz.draw(run, level='step', step=1.5) | ValueError | 1.5 | step is a whole number from 0 to 3
viz.draw(run, step=2) | ValueError | 2 | step=2 is for level='step', which looks into one step
viz.draw(S, step=2) | ValueError | shape () | draw what unroll returns
viz.draw(run, truncation=3) | TypeError | 3 | a truncation is a function of t, such as k_truncated(3) or
viz.draw(run, truncation='k:3') | TypeError | 'k:3' | a truncation is a function of t, such as k_truncated(3) or
viz.draw(run, truncation=lambda t: t + 1) | ValueError | 1 | f(0) = 1, but the earliest step that the loss of step 0 may
viz.draw(S, truncation=m.untruncated()) | ValueError | shape () | draw what unroll returns
viz.draw(run, loss=99) | ValueError | 99 | the steps that have one: 0, 1, 2, 3
viz.draw(run, loss=-1) | ValueError | -1 | the steps that have one: 0, 1, 2, 3
viz.draw(run, loss='last') | ValueError | 'last' | the steps that have one: 0, 1, 2, 3
viz.draw(run, loss=1.5) | ValueError | 1.5 | the steps that have one: 0, 1, 2, 3
viz.draw(S, loss=1) | ValueError | shape () | draw what unroll returns
viz.draw(run, gradients=3) | TypeError | 3 | gradients are those of a sweep, gradients(…, record=True)
viz.draw(run, gradients=mg.gradients(S)) | KeyError | (4,) | name it in wrt=, or sweep with record=True
viz.draw(run, weights=['W_zz']) | ValueError | 'W_zz' | a parameter of this run is one of W_xh, W_hh, b_h, W_hy, b_y
viz.draw(run, weights='W_hh') | ValueError | 'W_hh' | write weights=['W_hh']
viz.draw(run, weights=3) | ValueError | 3 | write weights=[3]
viz.draw(run, weights=[3]) | ValueError | 3 | a parameter of this run is one of W_xh, W_hh, b_h, W_hy, b_y
viz.draw(S, weights=['W_hh']) | ValueError | shape () | draw what unroll returns
viz.draw(run, show='all') | ValueError | 'all' | show is one of both, values, gradients, shapes
viz.draw(run, show=None) | ValueError | None | show is one of both, values, gradients, shapes
viz.draw(run, color='red') | ValueError | 'red' | color is one of None, gradient, value
viz.draw(run, colour='red') | ValueError | 'red' | color is one of None, gradient, value
viz.draw(run, color=3) | ValueError | 3 | color is one of None, gradient, value
viz.draw(run, color='gradient', colour='value') | ValueError | 'value' | give one of the two
viz.draw(run, growth='yes') | TypeError | 'yes' | growth is True or False
viz.draw(S, growth=True) | ValueError | True | leave it out
viz.draw(S, factors=True) | ValueError | True | leave it out
viz.draw(S, on_arrows=True) | ValueError | True | leave it out
viz.draw(run, level='rolled', factors=True) | ValueError | True | leave it out
viz.draw(run, level='op', growth=True) | ValueError | True | leave it out
viz.draw(run, level='op', on_arrows=True) | ValueError | True | leave it out
viz.draw(run, level='strip', factors=True) | ValueError | True | leave it out
viz.draw(run, elide='yes') | TypeError | 'yes' | elide is True or False
viz.draw(run, title=3) | TypeError | 3 | title is a text
viz.draw(run, tokens=3) | ValueError | 3 | its inputs are [3] ‖1.732‖
viz.draw(S, tokens=['a']) | ValueError | 'a' | leave it out
viz.draw(run, aspect='3:2') | ValueError | '3:2' | aspect is one of None, 16:9, 4:3, portrait
viz.draw(run, aspect=1.5) | ValueError | 1.5 | aspect is one of None, 16:9, 4:3, portrait
viz.draw(run, theme='sepia') | ValueError | 'sepia' | theme is one of light, dark, print, or a viz.Theme
viz.draw(run, theme=3) | ValueError | 3 | theme is one of light, dark, print, or a viz.Theme
viz.draw(run, theme=None) | ValueError | None | theme is one of light, dark, print, or a viz.Theme
viz.draw(ValueError('x')) | ValueError | 'x' | draw the exception that an operation on Tensors raised
viz.draw(run).save('fig.gif') | ValueError | 'fig.gif' | the name must end in .svg, .png, .pdf, .dot, .html
viz.draw(run).save('no/fig.svg') | FileNotFoundError | 'no/fig.svg' | make it first
viz.draw(run).save('folder.svg') | IsADirectoryError | 'folder.svg' | give the name of a file
viz.draw(run).save('') | ValueError | '' | path is the path of a file or folder
viz.draw(run).save(None) | TypeError | None | path is the path of a file or folder
viz.draw(run).save(3) | TypeError | 3 | path is the path of a file or folder
viz.draw(run).save('fig.png', scale=0) | ValueError | 0 | scale, pixels to a point, is a number above 0
viz.draw(run).save('fig.png', scale=-1) | ValueError | -1 | scale, pixels to a point, is a number above 0
viz.draw(run).save('fig.png', scale='big') | TypeError | 'big' | scale, pixels to a point, is a number above 0
viz.draw(run).save('fig.png', scale=float('nan')) | ValueError | got nan | scale, pixels to a point, is a number above 0
viz.draw(run).save('book.txt/fig.svg') | FileNotFoundError | 'book.txt/fig.svg' | give another place
viz.draw(run).save('fig\0.svg') | ValueError | got 'fig\x00.svg' | path is the path of a file or folder
viz.draw(run).save('x' * 300 + '.svg') | OSError | 't write ' | a name has 255 bytes at most, not 304
viz.Theme('sepia') | ValueError | 'sepia' | colors is one of light, dark, print
viz.Theme(3) | ValueError | 3 | colors is one of light, dark, print
viz.Theme(transparent='yes') | TypeError | 'yes' | transparent is True or False
viz.Theme(font_scale=0) | ValueError | 0 | font_scale is a number from 0.25 to 4
viz.Theme(font_scale=-1) | ValueError | -1 | font_scale is a number from 0.25 to 4
viz.Theme(font_scale='big') | TypeError | 'big' | font_scale is a number from 0.25 to 4
viz.Theme(font_scale=float('nan')) | ValueError | got nan | font_scale is a number from 0.25 to 4
viz.Theme(legend='no') | TypeError | 'no' | legend is True or False
viz.Theme(captions='none') | ValueError | 'none' | captions is one of both, words, code
viz.Theme(captions=None) | ValueError | None | captions is one of both, words, code
viz.Theme(first_step=1.5) | ValueError | 1.5 | first_step is a whole number from 0 to 1
viz.Theme(first_step='a') | TypeError | 'a' | first_step is a whole number from 0 to 1
viz.Theme(first_step=-5) | ValueError | -5 | first_step is a whole number from 0 to 1
viz.compare(run, []) | ValueError | not 0: draw shows one | compare needs at least two truncations, not 0: draw shows one
viz.compare(run, None) | TypeError | None | truncations= takes a list, as [untruncated(), k_truncated(2)]
viz.compare(run, m.untruncated()) | TypeError | (2) | truncations= takes a list, as [untruncated(), k_truncated(2)]
viz.compare(run, [3]) | ValueError | not 1: draw shows one | compare needs at least two truncations, not 1: draw shows one
viz.compare(run, [lambda t: t + 1]) | ValueError | 1 | compare needs at least two truncations, not 1: draw shows one
viz.compare(run, ['k:3']) | ValueError | not 1: draw shows one | compare needs at least two truncations, not 1: draw shows one
viz.compare(net, [m.untruncated()]) | TypeError | <RNN of | compare takes what unroll(net, inputs, targets) returns
viz.compare(S, [m.untruncated()]) | TypeError | tensor( | compare takes what unroll(net, inputs, targets) returns
viz.compare(run, [m.untruncated()], weights=['W_zz']) | ValueError | not 1: draw shows one | compare needs at least two truncations, not 1: draw shows one
viz.compare(run, [m.untruncated()], show='all') | ValueError | not 1: draw shows one | compare needs at least two truncations, not 1: draw shows one
viz.compare(run, [m.untruncated()], color='red') | ValueError | not 1: draw shows one | compare needs at least two truncations, not 1: draw shows one
viz.compare(run, [m.untruncated()], elide='x') | ValueError | not 1: draw shows one | compare needs at least two truncations, not 1: draw shows one
viz.compare(run, [m.untruncated()], theme='sepia') | ValueError | 'sepia' | theme is one of light, dark, print, or a viz.Theme
viz.compare(quiet, [m.untruncated()]) | ValueError | not 1: draw shows one | compare needs at least two truncations, not 1: draw shows one
viz.player(3) | TypeError | 3 | player takes a Tensor, or what unroll(net, inputs, targets) returns
viz.player(None) | TypeError | None | player takes a Tensor, or what unroll(net, inputs, targets) returns
viz.player(net) | TypeError | <RNN of | player takes a Tensor, or what unroll(net, inputs, targets) returns
viz.player(run, level='step') | ValueError | 'step' | the level of a run that is played is one of None, cell, op
viz.player(run, level='rolled') | ValueError | 'rolled' | the level of a run that is played is one of None, cell, op
viz.player(run, level=3) | ValueError | 3 | the level of a run that is played is one of None, cell, op
viz.player(S, level='cell') | ValueError | 'cell' | a tensor is played operation by operation: leave it out
viz.player(run, truncation=3) | TypeError | 3 | a truncation is a function of t, such as k_truncated(3) or
viz.player(run, truncation=lambda t: t + 1) | ValueError | 1 | f(0) = 1, but the earliest step that the loss of step 0 may
viz.player(run, 'fig.svg') | ValueError | 'fig.svg' | can't save as 'fig.svg': the name must end in .html, .htm
viz.player(run, 'no/fig.html') | FileNotFoundError | 'no/fig.html' | make it first
viz.player(run, title=3) | TypeError | 3 | title is a text
viz.player(run).save('fig.svg') | ValueError | 'fig.svg' | can't save as 'fig.svg': the name must end in .html, .htm
viz.player(run).save('no/fig.html') | FileNotFoundError | 'no/fig.html' | make it first
viz.player(run).save('folder.html') | IsADirectoryError | 'folder.html' | give the name of a file
viz.player(run).save(None) | TypeError | None | path is the path of a file or folder
viz.player(run).save_frames('book.txt') | FileNotFoundError | 'book.txt' | give another place
viz.player(run).save_frames('book.txt/x') | FileNotFoundError | 't write ' | give another place
viz.player(run).save_frames(None) | TypeError | None | folder is the path of a file or folder
viz.player(run).save_frames('') | ValueError | '' | folder is the path of a file or folder
viz.explore(3) | TypeError | 3 | explore takes what unroll returns, or a function, not int 3
viz.explore(None) | TypeError | None | explore takes what unroll returns, or a function, not NoneType
viz.explore(run, sliders={'W_zz': (0, 1)}) | ValueError | 1 | there are W_xh, W_hh, b_h, W_hy, b_y, h_-1, x_0, x_1, x_2, x_3,
viz.explore(run, sliders={'W_hh': 3}) | ValueError | 'W_hh' | name one, 'W_hh[0,0]
viz.explore(run, sliders={'W_hh': (1, 0)}) | ValueError | 0 | name one, 'W_hh[0,0]
viz.explore(run, sliders={'W_hh': (0, 0)}) | ValueError | 0 | name one, 'W_hh[0,0]
viz.explore(run, sliders={'W_hh': ('a', 'b')}) | ValueError | 'W_hh' | name one, 'W_hh[0,0]
viz.explore(run, sliders={'W_hh': (0, float('nan'))}) | ValueError | 0 | name one, 'W_hh[0,0]
viz.explore(run, sliders=['W_hh']) | TypeError | 'W_hh' | sliders= maps names to ends, as {"W_hh": (-2, 2)}
viz.explore(run, sliders={3: (0, 1)}) | TypeError | 1 | sliders= maps names to ends, as {"W_hh": (-2, 2)}
viz.explore(scalar, sliders={'W_zz': (0, 1)}) | ValueError | 1 | there are W_xh, W_hh, b_h, W_hy, b_y, h_-1, x_0, x_1, x_2, x_3,
viz.explore(scalar, sliders={'W_hh': (1, 0)}) | ValueError | 0 | 'W_hh' was given (1, 0)
viz.explore(scalar, sliders={'W_hh': (0, 1, 2, 3)}) | ValueError | 3 | 'W_hh' was given (0, 1, 2, 3)
viz.explore(scalar, sliders={'W_hh': ('a', 'b')}) | ValueError | 'b' | 'W_hh' was given ('a', 'b')
viz.explore(scalar, sliders={'W_hh': (0, float('inf'))}) | ValueError | 0 | 'W_hh' was given (0, inf)
viz.explore(scalar, sliders={'W_hh': None}) | ValueError | None | 'W_hh' was given None
viz.explore(scalar, title=3) | TypeError | 3 | title is a text
viz.explore(scalar, story='abc') | TypeError | 'abc' | story is a list of sentences
viz.explore(scalar, questions=3) | TypeError | 3 | questions is a list of sentences
viz.explore(lambda x: x, 'a') | TypeError | 'a' | explore takes a function that returns one number, a Tensor of
viz.explore(lambda x: x, np.ones(3)) | TypeError | tensor( | explore takes a function that returns one number, a Tensor of
viz.explore(lambda x: x * x, 1.0, sliders={'y': (0, 1)}) | ValueError | 0 | there are x0
viz.explore(lambda x: x * x, 1.0, sliders={'x': (5, 9)}) | ValueError | 'x' | there are x0
viz.explore(lambda x: None, 1.0) | TypeError | None | explore takes a function that returns one number, a Tensor of
viz.explore(lambda x: x * x, None) | TypeError | None | unsupported operand type(s) for *: 'NoneType' and 'NoneType
viz.explore(lambda x: x * x, 1.0).save('x.svg') | ValueError | 'x.svg' | can't save as 'x.svg': the name must end in .html, .htm
viz.explore(lambda x: x * x, 1.0).save('no/x.html') | FileNotFoundError | 'no/x.html' | make it first
viz.explore(lambda x: x * x, 1.0).save(None) | TypeError | None | path is the path of a file or folder
viz.page('t', 'i', [3], 'page.html') | TypeError | 3 | figures are Figures in a list, as [Figure('heading',
viz.page('t', 'i', None, 'page.html') | TypeError | None | figures are Figures in a list, as [Figure('heading',
viz.page(3, 'i', [viz.Figure('h', 's')], 'page.html') | TypeError | 3 | title is a text
viz.page('t', 'i', [viz.Figure('h', 's')], 'page.svg') | ValueError | 'page.svg' | can't save as 'page.svg': the name must end in .html, .htm
viz.page('t', 'i', [viz.Figure('h', 's')], 'no/page.html') | FileNotFoundError | 'no/page.html' | make it first
viz.page('t', 'i', [viz.Figure('h', 's')], None) | TypeError | None | path is the path of a file or folder
viz.Figure(3, 's') | TypeError | 3 | heading is a text
viz.Figure('h', 's', diagram=3) | TypeError | 3 | diagram is what draw makes
viz.Figure('h', 's', plot=3) | TypeError | 3 | plot is what a plot_… function makes, or Axes of matplotlib
viz.beside([]) | ValueError | not 0 | beside takes at least two figures, not 0
viz.beside(None) | TypeError | None | beside takes a list of what draw makes
viz.beside([3]) | TypeError | 3 | beside takes a list of what draw makes
viz.beside(viz.draw(run)) | TypeError | got < | beside takes a list of what draw makes
viz.beside([viz.draw(run)], theme='sepia') | ValueError | not 1 | beside takes at least two figures, not 1
viz.beside([viz.draw(run)], title=3) | ValueError | not 1 | beside takes at least two figures, not 1
viz.paths(net) | TypeError | <RNN of | paths takes what unroll(net, inputs, targets) returns
viz.paths(None) | TypeError | None | paths takes what unroll(net, inputs, targets) returns
viz.paths(scalar, 99) | ValueError | 99 | step is a whole number from 0 to 3
viz.paths(scalar, -1) | ValueError | -1 | step is a whole number from 0 to 3
viz.paths(scalar, 'a') | TypeError | 'a' | step is a whole number from 0 to 3
viz.paths(scalar, unit=7) | ValueError | shape () | unit= is for one sequence, whose outputs are arrays
viz.paths(scalar, weight='W_zz') | ValueError | 'W_zz' | a weight that leads into the state is one of W_xh, W_hh, b_h, W_hy, b_y
viz.paths(scalar, weight=3) | ValueError | 3 | a weight that leads into the state is one of W_xh, W_hh, b_h, W_hy, b_y
viz.paths(scalar, theme='sepia') | ValueError | 'sepia' | theme is one of light, dark, print, or a viz.Theme
viz.per_loss(net) | TypeError | <RNN of | per_loss takes what unroll(net, inputs, targets) returns
viz.per_loss(run, 'W_zz') | ValueError | 'W_zz' | a parameter of this run is one of W_xh, W_hh, b_h, W_hy, b_y
viz.per_loss(run, 3) | ValueError | 3 | a parameter of this run is one of W_xh, W_hh, b_h, W_hy, b_y
viz.per_loss(run, loss=99) | ValueError | 99 | the steps that have one: 0, 1, 2, 3
viz.per_loss(run, loss='a') | ValueError | 'a' | the steps that have one: 0, 1, 2, 3
viz.per_loss(run, truncation=3) | TypeError | 3 | a truncation is a function of t, such as k_truncated(3) or
viz.per_loss(run, theme='sepia') | ValueError | 'sepia' | theme is one of light, dark, print, or a viz.Theme
viz.schedule(net) | TypeError | <RNN of | schedule takes what unroll(net, inputs, targets) returns
viz.schedule(run, 3) | TypeError | 3 | truncations= takes a list, as [untruncated(), k_truncated(2)]
viz.schedule(run, [3]) | TypeError | 3 | a truncation is a function of t, such as k_truncated(3) or
viz.schedule(run, []) | ValueError | [] | a schedule is of one truncation at least
viz.schedule(run, weight='W_zz') | ValueError | 'W_zz' | a parameter of this run is one of W_xh, W_hh, b_h, W_hy, b_y
viz.schedule(run, theme='sepia') | ValueError | 'sepia' | theme is one of light, dark, print, or a viz.Theme
viz.sentence(run, 3) | ValueError | 3 | its inputs are [3] ‖1.732‖
viz.sentence(tokens, ['a', 'b', 'c'], loss=99) | ValueError | 99 | the steps that have one: 0, 1, 2, 3
viz.sentence(tokens, ['a', 'b', 'c'], loss='a') | ValueError | 'a' | the steps that have one: 0, 1, 2, 3
viz.sentence(tokens, ['a', 'b', 'c'], truncations=[3]) | TypeError | 3 | a truncation is a function of t, such as k_truncated(3) or
viz.sentence(tokens, ['a', 'b', 'c'], theme='sepia') | ValueError | 'sepia' | theme is one of light, dark, print, or a viz.Theme
viz.sentence(tokens, [1, 2, 3]) | TypeError | object | 'int' object is not subscriptable
viz.plot_bias([], {}) | ValueError | {} | relative maps names to arrays, at least one
viz.plot_bias([1, 2], {'a': [1.0]}) | ValueError | 'a' | 'a' has 1 values for 2 values of k
viz.plot_bias(['a'], {'a': [1.0]}) | TypeError | 'a' | k are numbers in an array
viz.plot_bias(3, {'a': [1.0]}) | ValueError | 3 | k is a row of numbers, at least one
viz.plot_bias([1, 2], [1.0, 2.0]) | ValueError | 2.0 | relative maps names to arrays, at least one
viz.plot_bias([1, 2], {'a': ['x', 'y']}) | TypeError | 'y' | relative['a'] are numbers in an array
viz.plot_coverage(3) | ValueError | 3 | mask is a square array, not of shape ()
viz.plot_coverage('a') | ValueError | 'a' | mask is a square array, not of shape ()
viz.plot_coverage(np.ones(3)) | ValueError | 3 | mask is a square array, not of shape (3,)
viz.plot_coverage(np.ones((3, 4))) | ValueError | 4 | mask is a square array, not of shape (3, 4)
viz.plot_coverage(np.ones((0, 0))) | ValueError | 0 | mask is a square array, not of shape (0, 0)
viz.plot_coverage(None) | ValueError | None | mask is a square array, not of shape ()
viz.plot_eigenvalues({}) | ValueError | {} | matrices maps names to arrays, at least one
viz.plot_eigenvalues({'a': np.ones(3)}) | ValueError | 3 | a is a square array, not of shape (3,)
viz.plot_eigenvalues({'a': np.ones((3, 4))}) | ValueError | 4 | a is a square array, not of shape (3, 4)
viz.plot_eigenvalues(np.ones((3, 3))) | ValueError | got array([[1., 1., 1.], | matrices maps names to arrays, at least one
viz.plot_eigenvalues({'a': 'b'}) | ValueError | 'b' | a is a square array, not of shape ()
viz.plot_gradient_norms({}) | ValueError | {} | norms maps names to arrays, at least one
viz.plot_gradient_norms(None) | ValueError | None | norms maps names to arrays, at least one
viz.plot_gradient_norms({'a': []}) | ValueError | [] | norms['a'] is a row of numbers, at least one
viz.plot_gradient_norms({'a': np.ones((3, 3))}) | ValueError | 3 | norms['a'] is a row of numbers, at least one
viz.plot_gradient_norms({'a': 'bc'}) | TypeError | 'bc' | norms['a'] are numbers in an array
viz.plot_gradient_norms([1.0]) | ValueError | 1.0 | norms maps names to arrays, at least one
viz.plot_hidden_states(3, 'a') | ValueError | got () | states have shape (T, H), one row for each of the 1 characters
viz.plot_hidden_states(np.ones((3, 4)), 'ab') | ValueError | 4 | states have shape (T, H), one row for each of the 2 characters
viz.plot_hidden_states(np.ones((3, 4)), 'abc', units=[9]) | ValueError | 9 | a unit is a whole number from 0 to 3
viz.plot_hidden_states(np.ones((3, 4)), 'abc', units='a') | ValueError | 'a' | units are the numbers of some, from 0 to 3
viz.plot_hidden_states(np.ones((3, 4)), 'abc', units=[]) | ValueError | [] | units are the numbers of some, from 0 to 3
viz.plot_hidden_states(np.ones(3), 'abc') | ValueError | 3 | states have shape (T, H), one row for each of the 3 characters
viz.plot_hidden_states(np.ones((0, 4)), '') | ValueError | 4 | states are numbers, at least one
viz.plot_influence(np.ones(3)) | ValueError | 3 | influence is a square array, not of shape (3,)
viz.plot_influence(np.ones((3, 3)), np.ones((4, 4))) | ValueError | 4 | they are of one run
viz.plot_influence('a') | ValueError | 'a' | influence is a square array, not of shape ()
viz.plot_influence(np.ones((3, 3)), floor=0) | ValueError | 0 | floor is a number above 0
viz.plot_influence(np.ones((3, 3)), floor=-1) | ValueError | -1 | floor is a number above 0
viz.plot_influence(np.ones((3, 3)), floor='a') | TypeError | 'a' | floor is a number above 0
viz.plot_learning_curves({}) | ValueError | {} | curves maps names to arrays, at least one
viz.plot_learning_curves({'a': []}) | ValueError | [] | curves['a'] is a row of numbers, at least one
viz.plot_learning_curves({'a': ['x']}) | TypeError | 'x' | curves['a'] are numbers in an array
viz.plot_learning_curves({'a': np.ones((2, 2))}) | ValueError | 2 | curves['a'] is a row of numbers, at least one
viz.plot_learning_curves({'a': [1.0]}, baseline='x') | TypeError | 'x' | baseline is a finite number
viz.plot_learning_curves({'a': [1.0]}, ylabel=3) | TypeError | 3 | ylabel is a text
viz.plot_learning_curves(3) | ValueError | 3 | curves maps names to arrays, at least one
viz.plot_singular_values(3) | ValueError | not () | singular values have shape (T, n), not ()
viz.plot_singular_values(np.ones((2, 3, 4))) | ValueError | 4 | singular values have shape (T, n), not (2, 3, 4)
viz.plot_singular_values([]) | ValueError | (0,) | singular values have shape (T, n), not (0,)
viz.plot_singular_values('a') | TypeError | 'a' | values are numbers in an array
viz.plot_loss_cliff(3, 4, (0, 0), w=(0, 1), b=(0, 1), lr=0.1, clip=1.0) | TypeError | 3 | the loss is a function of w and b
viz.plot_loss_cliff(L, G, (0, 0), w=(1, 0), b=(0, 1), lr=0.1, clip=1.0) | ValueError | 1 | w is a range, the smaller end first
viz.plot_loss_cliff(L, G, (0, 0), w=3, b=(0, 1), lr=0.1, clip=1.0) | ValueError | 3 | w is a pair of finite numbers
viz.plot_loss_cliff(L, G, (0, 0), w=(0, 1), b=(0, 1), lr=-1, clip=1.0) | ValueError | -1 | lr is a number above 0
viz.plot_loss_cliff(L, G, (0, 0), w=(0, 1), b=(0, 1), lr='a', clip=1.0) | TypeError | 'a' | lr is a number above 0
viz.plot_loss_cliff(L, G, (0, 0), w=(0, 1), b=(0, 1), lr=0.1, clip=0) | ValueError | 0 | clip is a number above 0
viz.plot_loss_cliff(L, G, (0, 0), w=(0, 1), b=(0, 1), lr=0.1, clip=-1) | ValueError | -1 | clip is a number above 0
viz.plot_loss_cliff(L, G, (0, 0), w=(0, 1), b=(0, 1), lr=0.1, clip=1.0, steps=0) | ValueError | 0 | steps is a whole number from 1
viz.plot_loss_cliff(L, G, (0, 0), w=(0, 1), b=(0, 1), lr=0.1, clip=1.0, points=1) | ValueError | 1 | points is a whole number from 2
viz.plot_loss_cliff(L, G, 3, w=(0, 1), b=(0, 1), lr=0.1, clip=1.0) | ValueError | 3 | start is a pair of finite numbers
viz.draw(run, level='cells') | ValueError | 'cells' | the level of a run is one of None, rolled, cell, step, op, strip
viz.draw(run, theme='black') | ValueError | 'black' | theme is one of light, dark, print, or a viz.Theme
viz.draw(run, truncation=2) | TypeError | 2 | a truncation is a function of t, such as k_truncated(3) or
viz.draw(run).save('picture') | ValueError | 'picture' | the name must end in .svg, .png, .pdf, .dot, .html
viz.draw(run).save('/nowhere/picture.svg') | FileNotFoundError | '/nowhere/picture.svg' | make it first
viz.explore(run, sliders={'Whh': (0, 1)}) | ValueError | 1 | there are W_xh, W_hh, b_h, W_hy, b_y, h_-1, x_0, x_1, x_2, x_3,
viz.compare(run, m.k_truncated(1)) | TypeError | 1 | truncations= takes a list, as [untruncated(), k_truncated(2)]
viz.plot_coverage(m.k_truncated(2)) | ValueError | 2 | mask is a square array, not of shape ()
viz.plot_learning_curves([1.0, 2.0]) | ValueError | 2.0 | curves maps names to arrays, at least one
viz.Theme('black') | ValueError | 'black' | colors is one of light, dark, print
""",
    "testing": r"""
t.check_engine('nowhere') | NoEngine | 'nowhere' | write package.module:Class
t.check_engine('nowhere:Engine') | NoEngine | 'nowhere' | is its folder on PYTHONPATH?
t.check_engine(None) | ValueError | None | an engine is a class made without arguments, or its name
t.check_engine(3) | ValueError | 3 | an engine is a class made without arguments, or its name
t.check_engine('json:') | NoEngine | 'json:' | write package.module:Class
t.check_engine('minigrad.testing.adapter:Engine', laws=['fanout']) | ValueError | 'fanout' | a law is one of values, constants, sum rule, product rule, chain
t.check_engine('minigrad.testing.adapter:Engine', laws=[3]) | ValueError | 3 | a law is one of values, constants, sum rule, product rule, chain
t.check_engine('minigrad.testing.adapter:Engine', seconds=0) | ValueError | 0 | limits are positive
t.check_engine('minigrad.testing.adapter:Engine', seconds='a') | TypeError | 'a' | limits are positive
t.check_engine('minigrad.testing.adapter:Engine', seconds=float('nan')) | ValueError | got nan | limits are positive
t.check_engine('minigrad.testing.adapter:Engine', memory=0) | ValueError | 0 | limits are positive
t.check_engine('minigrad.testing.adapter:Engine', memory='a') | TypeError | 'a' | limits are positive
t.assert_freed(3) | TypeError | 3 | make is a function without arguments
t.assert_freed(None) | TypeError | None | make is a function without arguments
t.assert_gradient(3, 1.0) | TypeError | 3 | assert_gradient takes a function
t.assert_gradient(lambda x: x) | ValueError | no inputs | there is nothing to differentiate in no inputs
t.assert_gradient(lambda x: x, 3) | ValueError | 3 | there is nothing to differentiate in 3
t.assert_gradient(lambda x: x, 'a') | ValueError | 'a' | there is nothing to differentiate in 'a
t.assert_gradient(lambda x: x, 1.0, expected='a') | ValueError | 'a' | could not convert string to float: 'a
t.assert_gradient(lambda x: x, 1.0, expected=1.0, rtol=-1) | ValueError | -1 | rtol is a number from 0
t.assert_gradient(lambda x: x, 1.0, expected=1.0, rtol='a') | TypeError | 'a' | rtol is a number from 0
t.assert_gradient(lambda x: None, 1.0) | TypeError | None | unsupported operand type(s) for *: 'NoneType' and 'float
t.assert_no_path(3, P) | TypeError | 3 | output is a Tensor, or several in a list
t.assert_no_path(S, 3) | TypeError | 3 | a path leads to a Tensor
t.assert_no_path(S, None) | TypeError | None | a path leads to a Tensor
t.assert_no_path([], P) | TypeError | [] | output is a Tensor, or several in a list
t.assert_same_tape(3, S) | TypeError | 3 | 3 is a int: nothing is recorded behind it
t.assert_same_tape(S, None) | TypeError | None | None is a NoneType: nothing is recorded behind it
t.assert_tape(3) | TypeError | 3 | 3 is a int: nothing is recorded behind it
t.assert_tape(S, 3) | TypeError | 3 | an operation is a name, a primitive, (name, scope) or ...
t.assert_truncated(run, 3) | TypeError | 3 | a truncation is a function of t, such as lambda t: 0
t.assert_truncated(net, m.untruncated()) | TypeError | net | assert_truncated takes what unroll(net, inputs, targets) returns
t.assert_truncated(run, lambda t: t + 1) | ValueError | 1 | f(0) = 1, but the earliest step that loss 0 may reach is from 0
t.assert_truncated(run, m.untruncated(), rtol=-1) | ValueError | -1 | rtol is a number from 0
t.assert_truncated(run, m.untruncated(), rtol='a') | TypeError | 'a' | rtol is a number from 0
t.assert_uses(3, P, 1) | TypeError | 3 | gradients are those of a sweep, gradients(…, record=True)
t.assert_uses(mg.gradients(S, record=True), 3, 1) | TypeError | 3 | gradients are looked up by Tensor, not by int
t.assert_uses(mg.gradients(S, record=True), P, -1) | ValueError | -1 | n is a whole number from 0
t.assert_uses(mg.gradients(S, record=True), P, 'a') | TypeError | 'a' | n is a whole number from 0
t.assert_uses(mg.gradients(S, record=True), P, 1.5) | ValueError | 1.5 | n is a whole number from 0
t.check_engine('numpy') | NoEngine | 'numpy' | write package.module:Class
t.assert_gradient(lambda x: x * x, np.array([1, 2])) | ValueError | 2 | there is nothing to differentiate in array([1, 2])
""",
}


def names() -> dict[str, Any]:
    """What the calls name. No call that is refused changes any of it."""
    X = mg.tensor(np.arange(6.0).reshape(2, 3) + 1, requires_grad=True, name="X")
    P = mg.tensor(np.ones(3), requires_grad=True, name="P")
    V, N, M = mg.tensor(np.ones(3)), mg.tensor([1, 2]), mg.tensor(np.eye(3) * 2)
    net, own = m.RNN(3, 4, 2), m.RNN(2, 4, 2)
    data = m.streams(np.arange(100) % 2, 2, 3)
    return {
        "np": np, "mg": mg, "m": m, "t": t, "viz": viz,
        "X": X, "P": P, "V": V, "N": N, "M": M, "S": mg.sum(P * P),
        "net": net,
        "run": m.unroll(net, np.ones((4, 3)), [0, 1, 0, 1]),
        "quiet": m.unroll(net, np.ones((4, 3))),
        "pair": m.unroll(net, np.ones((4, 2, 3)), np.zeros((4, 2), int)),
        "scalar": m.unroll(m.ScalarRNN(), [0.5, -0.3, 0.8, 0.1], [0.0, 0.5, 0.0, 1.0], loss="mse"),
        "tokens": m.unroll(net, [0, 1, 2, 1], [0, 1, 0, 1]),
        "text": m.text_of("abcabcaabb" * 20), "writer": m.RNN(3, 4, 3),
        "data": data, "chunk": data(0),
        "adam": mg.optim.Adam(net.parameters.values()),
        "trainer": lambda: m.Trainer(own, data, mg.optim.Adam(own.parameters.values())),
        "program": mg.trace(lambda x: mg.sum(mg.tanh(x)))(np.ones(3)),
        "L": lambda w, b: w * w + b * b, "G": lambda w, b: (2 * w, 2 * b),
    }  # fmt: skip
