"""Matrices taken apart: spectra and their radius, triangles that are read, degenerate values, what is refused."""

import numpy as np
import pytest

import minigrad as mg

rng = np.random.default_rng(0)
SYMMETRIC = np.add(*(lambda x: (x, x.T))(rng.normal(size=(4, 4))))
TALL = rng.normal(size=(5, 3))
EQUAL = np.diag([1.0, 1.0, 3.0])  # two eigenvalues, two singular values are the same


def test_what_is_returned_has_numpys_names():
    assert mg.linalg.eigh(SYMMETRIC)._fields == ("eigenvalues", "eigenvectors")
    assert mg.linalg.svd(TALL, full_matrices=False)._fields == ("U", "S", "Vh")
    assert mg.linalg.slogdet(SYMMETRIC)._fields == ("sign", "logabsdet")


def test_the_parts_make_up_the_matrix_and_its_gradient_is_that_of_the_matrix():
    def by_eigenvalues(x):
        w, v = np.linalg.eigh((x + x.T) / 2)
        return (v * w) @ v.T

    def by_singular_values(x):
        u, s, vh = np.linalg.svd(x, full_matrices=False)
        return (u * s) @ vh

    weights = rng.normal(size=(4, 4))
    np.testing.assert_allclose(mg.grad(lambda x: (by_eigenvalues(x) * weights).sum())(SYMMETRIC),
                               (weights + weights.T) / 2, atol=1e-13)  # fmt: skip
    for x in (TALL, TALL.T):
        np.testing.assert_allclose(by_singular_values(mg.tensor(x)).data, x, atol=1e-14)
        weights = rng.normal(size=x.shape)
        found = mg.grad(lambda x, weights=weights: (by_singular_values(x) * weights).sum())(x)
        np.testing.assert_allclose(found, weights, atol=1e-12)


def test_the_gradient_of_a_spectral_norm_is_the_outer_product_of_its_vectors():
    u, s, vh = np.linalg.svd(TALL)
    for norm in (lambda x: mg.linalg.svdvals(x)[0], lambda x: np.linalg.svd(x, compute_uv=False)[0]):
        value, found = mg.value_and_grad(norm)(TALL)
        assert value == pytest.approx(s[0], rel=1e-15)
        np.testing.assert_allclose(found, np.outer(u[:, 0], vh[0]), atol=1e-14)


def test_the_spectral_radius_of_a_symmetric_matrix_can_be_trained_to_1():
    x = SYMMETRIC
    radius = mg.value_and_grad(lambda x: mg.max(mg.absolute(mg.linalg.eigvalsh(x))))
    for _ in range(200):
        value, gradient = radius(x)
        x = x - 0.05 * (value - 1) * (gradient + gradient.T)
    assert np.abs(np.linalg.eigvals((x + x.T) / 2)).max() == pytest.approx(1, rel=1e-3)


@pytest.mark.parametrize("UPLO", ["L", "U"])
def test_the_gradient_stands_in_the_triangle_that_is_read(UPLO):
    other = np.triu if UPLO == "L" else np.tril
    found = mg.grad(lambda x: np.linalg.eigh(x, UPLO).eigenvalues[-1])(SYMMETRIC)
    np.testing.assert_array_equal(other(found, 1 if UPLO == "L" else -1), np.zeros((4, 4)))
    vector = np.linalg.eigh(SYMMETRIC).eigenvectors[:, -1]
    np.testing.assert_allclose((found + found.T) / 2, np.outer(vector, vector), atol=1e-14)


def test_cholesky_of_a_product_is_differentiated_through_both_factors():
    def lower(x):
        return np.linalg.cholesky(x @ x.T + np.eye(5))

    mg.check_gradients(lower, TALL)
    mg.check_gradients(lambda x: np.linalg.cholesky(x @ x.T + np.eye(5), upper=True), TALL)


def test_the_logarithm_of_a_determinant_does_not_overflow_and_its_gradient_is_the_inverse():
    x = 1e200 * np.eye(3) + rng.normal(size=(3, 3))
    sign, logarithm = mg.linalg.slogdet(mg.tensor(x))
    assert sign.item() == 1 and logarithm.item() == pytest.approx(600 * np.log(10), rel=1e-15)
    np.testing.assert_allclose(mg.grad(lambda x: np.linalg.slogdet(x)[1])(SYMMETRIC), np.linalg.inv(SYMMETRIC).T)
    assert not np.linalg.slogdet(mg.tensor(SYMMETRIC, requires_grad=True)).sign.requires_grad


# ---- where values are equal, or 0 ------------------------------------------------------------------------------------


def test_equal_eigenvalues_have_gradients_and_sums_of_them_are_smooth():
    trace = mg.grad(lambda x: mg.linalg.eigvalsh(x).sum())(EQUAL)
    np.testing.assert_allclose(trace, np.eye(3), atol=1e-15)
    third = mg.grad(lambda x: mg.linalg.eigvalsh(x)[2])(EQUAL)
    np.testing.assert_allclose(third, np.diag([0, 0, 1]), atol=1e-15)
    assert np.isfinite(mg.grad(lambda x: mg.linalg.eigvalsh(x)[0])(EQUAL)).all()


def test_equal_singular_values_and_zeros_have_gradients():
    np.testing.assert_allclose(mg.grad(lambda x: mg.linalg.svdvals(x).sum())(EQUAL), np.eye(3), atol=1e-15)
    for x in (np.outer([1.0, 2.0, 3.0], [1.0, -1.0]), np.zeros((2, 3)), np.eye(2)):
        assert np.isfinite(mg.grad(lambda x: mg.linalg.svdvals(x)[0])(x)).all()


@pytest.mark.filterwarnings("ignore:divide by zero|invalid value")
def test_vectors_between_equal_values_have_no_gradient_and_it_is_no_number():
    def of_eigenvectors(x):
        w, v = np.linalg.eigh(x)
        return ((v * w**2) @ v.T)[0, 1]  # w² at (0, 1) changes as 2w: a zero in its place would be wrong

    assert not np.isfinite(mg.grad(lambda x: np.linalg.eigh(x).eigenvectors[0, 1])(EQUAL)).all()
    assert not np.isfinite(mg.grad(lambda x: np.linalg.svd(x).U[0, 1])(EQUAL)).all()
    found = mg.grad(of_eigenvectors)(EQUAL)
    assert not np.isfinite(found).all() or found[1, 0] == pytest.approx(2)


def test_values_that_are_not_equal_keep_the_curvature_of_their_vectors():
    target = np.linalg.eigh(SYMMETRIC).eigenvectors

    def miss(x):
        return ((mg.linalg.eigh(x).eigenvectors - target) ** 2).sum()

    x = np.tril(SYMMETRIC)
    np.testing.assert_array_equal(mg.grad(miss)(x), np.zeros((4, 4)))
    table = mg.hessian(miss)(x).reshape(16, 16)
    h, directions = 1e-5, np.eye(16).reshape(16, 4, 4)
    found = [(mg.grad(miss)(x + h * along) - mg.grad(miss)(x - h * along)).ravel() / (2 * h) for along in directions]
    np.testing.assert_allclose(table, found, rtol=1e-5, atol=1e-7)
    assert np.abs(table).max() > 0.1


# ---- what is refused -------------------------------------------------------------------------------------------------


def test_vectors_that_are_not_determined_are_refused_with_the_way_to_write_it():
    x = mg.tensor(TALL, requires_grad=True)
    with pytest.raises(TypeError, match=r"svd of shape \(5, 3\).*write svd\(a, full_matrices=False\)"):
        np.linalg.svd(x)
    assert np.linalg.svd(x, compute_uv=False).shape == (3,)


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda x: np.linalg.cholesky(x), "cholesky on operands.*square"),
        (lambda x: np.linalg.cholesky(-SYMMETRIC @ SYMMETRIC + 0 * x[0, 0]), "cholesky on operands.*not positive"),
        (lambda x: np.linalg.eigh(x), "eigh on operands.*square"),
        (lambda x: np.linalg.eigh(x[:3], UPLO="X"), "UPLO is one of L, U; got 'X'"),
        (lambda x: np.linalg.slogdet(x), "det on operands.*square"),
        (lambda x: np.linalg.svd(x[0]), "svd on operands.*two-dimensional"),
        (lambda x: np.linalg.svd(x, hermitian=True), "hermitian"),
    ],
)
def test_a_matrix_that_does_not_fit_is_reported(call, word):
    with pytest.raises((ValueError, TypeError, np.linalg.LinAlgError), match=word):
        call(mg.tensor(TALL, requires_grad=True))
