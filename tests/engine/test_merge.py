"""Sums of many terms: which terms go together, and when slices fill the whole."""

from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest

from minigrad.ops import indexing, products, shaping
from minigrad.ops.elementwise import add, sin
from minigrad.program.graph import Node, constant, given, uses_of
from minigrad.program.merge import Kind, Piece, Total, _kind, _pieces, covers, gather_sums


def node(operation, size, /, *inputs, dtype=float, **parameters):
    return Node(operation, inputs, parameters, size, np.dtype(dtype))


def source(*shape):
    return node(given, shape, number=0)


def term(letter):
    """A term of shape (2, 3): plain, rows down to the shape, a slice put, rows where indices say, or a product."""
    return {
        "p": lambda: node(sin, (2, 3), source(2, 3)),
        "r": lambda: node(shaping.sum_to, (2, 3), source(5, 2, 3), shape=(2, 3)),
        "s": lambda: node(indexing.scatter, (2, 3), source(3), index=0, shape=(2, 3)),
        "i": lambda: node(
            indexing.scatter_at, (2, 3), source(4, 3), source(4), index=indexing.Operand(0), shape=(2, 3)
        ),
        "m": lambda: node(products.matmul, (2, 3), node(shaping.transpose, (2, 7), source(7, 2)), source(7, 3)),
    }[letter]()


@pytest.mark.parametrize(
    ("letters", "pieces"),
    [
        ("ppp", None),
        ("mmm", None),
        ("sp", None),
        ("spp", None),
        ("ss", "PUT1 PUT1"),
        ("sss", "PUT1 PUT1 PUT1"),
        ("ssp", "PUT1 PUT1 PLAIN1"),
        ("pppp", "ROWS4"),
        ("ppppp", "ROWS5"),
        ("rrrr", "ROWS4"),
        ("rrrrp", "ROWS4 PLAIN1"),
        ("rrrp", "ROWS1 ROWS1 ROWS1 PLAIN1"),
        ("rprp", "ROWS1 ROWS1 PLAIN1 PLAIN1"),
        ("pppr", "PLAIN1 PLAIN1 PLAIN1 ROWS1"),
        ("mmmp", "PRODUCT3 PLAIN1"),
        ("mipm", "PRODUCT2 SCATTER1 PLAIN1"),
    ],
)
def test_terms_of_a_kind_are_one_piece_and_slices_and_few_plain_ones_stay_apart(letters, pieces):
    terms = [term(letter) for letter in letters]
    gathered = _pieces(terms, Counter(terms))
    assert (gathered and " ".join(f"{piece.kind.name}{piece.steps}" for piece in gathered)) == pieces


def test_a_sum_reads_the_operands_of_its_pieces():
    terms = [term(letter) for letter in "mmsi"]
    put, product, scattered = _pieces(terms, Counter(terms))
    assert (put.operands, put.index) == (((terms[2].inputs[0],),), 0)
    assert product.operands == (
        tuple(one.inputs[0].inputs[0] for one in terms[:2]),
        tuple(one.inputs[1] for one in terms[:2]),
    )
    assert scattered.operands == tuple((operand,) for operand in terms[3].inputs)


@pytest.mark.parametrize(
    ("one", "kind"),
    [
        (term("m"), Kind.PRODUCT),
        (node(products.matmul, (2, 3), constant(np.ones((2, 7))), source(7, 3)), Kind.PRODUCT),
        (node(products.matmul, (2, 3), source(2, 7), source(7, 3)), Kind.PLAIN),
        (node(products.matmul, (2,), node(shaping.transpose, (2, 7), source(7, 2)), source(7)), Kind.PLAIN),
        (
            node(products.matmul, (4, 2, 3), node(shaping.transpose, (4, 2, 7), source(4, 7, 2)), source(4, 7, 3)),
            Kind.PLAIN,
        ),
        (
            node(products.matmul, (4, 2, 3), node(shaping.transpose, (2, 7), source(7, 2)), source(4, 7, 3)),
            Kind.PLAIN,
        ),
        (term("r"), Kind.ROWS),
        (node(shaping.sum_to, (1, 3), source(2, 3), shape=(1, 3)), Kind.PLAIN),
        (term("i"), Kind.SCATTER),
        (
            node(indexing.scatter_at, (2, 3), source(2, 4), source(4), index=(slice(None), indexing.Operand(0))),
            Kind.PLAIN,
        ),
        (term("s"), Kind.PUT),
        (node(indexing.scatter, (2, 3), source(2, 3), index=np.array([0, 1])), Kind.PLAIN),
    ],
)
def test_the_kind_of_a_term(one, kind):
    assert _kind(one, Counter([one]))[0] is kind


@pytest.mark.parametrize(("letter", "kind"), [("m", Kind.PLAIN), ("r", Kind.PLAIN), ("i", Kind.PLAIN), ("s", Kind.PUT)])
def test_what_is_used_elsewhere_as_well_is_computed_there_but_a_slice_is_put_by_each(letter, kind):
    one = term(letter)
    assert _kind(one, Counter([one, one]))[0] is kind


def test_a_constant_matrix_is_transposed_once_and_for_all():
    left = constant(np.arange(6.0).reshape(2, 3))
    _, (transposed, _) = _kind(one := node(products.matmul, (2, 4), left, source(3, 4)), Counter([one]))
    np.testing.assert_array_equal(transposed.value, [[0, 3], [1, 4], [2, 5]])
    assert transposed.value.flags.c_contiguous


def test_a_tree_of_additions_becomes_one_sum_of_its_leaves_oldest_first():
    leaves = [term("p") for _ in range(4)]
    inner = [node(add, (2, 3), leaves[3], leaves[1]), node(add, (2, 3), leaves[0], leaves[2])]
    total = node(add, (2, 3), *inner)
    nodes = [*leaves, *inner, total]
    gather_sums(nodes, [total])
    assert total.operation is Total.SUM
    assert total.inputs == tuple(leaves)
    assert [one.operation for one in inner] == [add, add]


def test_what_is_returned_or_read_elsewhere_is_no_inner_node():
    leaves = [term("p") for _ in range(4)]
    inner = node(add, (2, 3), node(add, (2, 3), *leaves[:2]), leaves[2])
    total = node(add, (2, 3), inner, leaves[3])
    nodes = [*leaves, inner.inputs[0], inner, total]
    assert uses_of(nodes, [total, inner])[inner] == 2
    gather_sums(nodes, [total, inner])
    assert total.operation is add


@pytest.mark.parametrize(("shape", "dtype"), [((3,), float), ((2, 3), np.float32)])
def test_only_terms_of_the_sum_s_own_shape_and_dtype_are_added_up(shape, dtype):
    total = term("p")
    for _ in range(4):
        total = node(add, (2, 3), total, node(sin, shape, source(*shape), dtype=dtype))
    gather_sums([total], [total])
    assert total.operation is add


@pytest.mark.parametrize(
    ("indices", "filled"),
    [
        ([0, 1], True),
        ([1, (0, slice(None, 2)), (0, 2)], True),
        ([0], False),
        ([0, 1, 1], False),
        ([(0, slice(None, 2)), 1], False),
    ],
)
def test_slices_fill_the_whole_if_each_place_has_one(indices, filled):
    pieces = [Piece(Kind.PUT, ((source(3),),), index) for index in indices]
    assert covers(SimpleNamespace(shape=(2, 3), parameters={"pieces": pieces})) is filled
