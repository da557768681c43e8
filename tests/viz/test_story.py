"""What a picture tells besides its arrows: the factors of the product, the words of a text, the weights on the way."""

import numpy as np
import pytest

from minigrad import viz
from minigrad.models import GRU, LSTM, RNN, Residual, ScalarRNN, k_truncated, lag_products, step_jacobians, unroll
from minigrad.viz.views.factors import jacobians, words

WORDS = ["the", "cats", " ", "\n", "purr & <b>"]
READ, NEXT = np.array([0, 1, 2, 4]), np.array([1, 2, 4, 3])


def scalar():
    return unroll(ScalarRNN(W_xh=1.0, W_hh=0.8, W_hy=1.0), [0.5, -0.3, 0.8, 0.1], [0.0, 0.5, 0.0, 1.0], loss="mse")


def text_net(cell=RNN):
    return unroll(cell(5, 4, 5), READ, NEXT)


def nodes(diagram):
    return {node.id: node for node in diagram.data.nodes}


# ---- factors ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("f", [None, k_truncated(1)], ids=["full", "window"])
def test_on_a_recurrent_edge_the_factor_times_what_arrives_is_what_goes_on(f):
    run = scalar()
    factors = step_jacobians(run)[:, 0, 0]
    rails = [edge for edge in viz.draw(run, truncation=f, factors=True).data.edges if edge.local is not None]
    assert len(rails) == 4
    for edge in rails:
        assert float(edge.local) == pytest.approx(factors[int(edge.head[2:])], rel=1e-12)
        assert float(edge.local * edge.upstream) == pytest.approx(float(edge.contribution), rel=1e-12)


def test_untruncated_what_arrives_at_a_factor_is_the_gradient_of_the_state():
    data = viz.draw(scalar(), factors=True).data
    known = {node.id: node for node in data.nodes}
    for edge in data.edges:
        if edge.local is not None:
            assert float(edge.upstream) == pytest.approx(float(known[edge.head].gradient), rel=1e-12)


@pytest.mark.parametrize("run", [scalar, lambda: text_net(LSTM)], ids=["scalar", "LSTM"])
def test_below_stands_the_running_product_of_the_factors(run):
    run = run()
    products = lag_products(step_jacobians(run))
    shown = {node.step: node.value for node in viz.draw(run, factors=True).data.nodes if node.role == "product"}
    assert sorted(shown) == [0, 1, 2]
    for t, value in shown.items():
        np.testing.assert_allclose(np.reshape(value, products[3 - t].shape), products[3 - t], rtol=1e-10)


def test_the_product_ends_at_the_loss_that_is_asked_for():
    steps = [
        node.step for node in viz.draw(scalar(), factors=True, growth=True, loss=2).data.nodes if node.role == "product"
    ]
    assert sorted(steps) == [0, 1]


def test_a_matrix_is_written_by_its_norm_and_its_spectral_radius():
    source = viz.draw(text_net(), factors=True).source
    factor = step_jacobians(text_net())[2]
    assert words(factor) in source and "J = ‖" in source
    assert words(np.full((2, 2), np.nan)) == "not finite"


def batch(cell, **padding):
    read, following = (np.stack([tokens, tokens[::-1], 0 * tokens], 1) for tokens in (READ, NEXT))
    return unroll(cell(5, 4, 5), read, following, **padding)


@pytest.mark.parametrize("cell", [RNN, LSTM, GRU])
def test_the_factors_of_a_batch_are_those_of_its_examples(cell):
    run = batch(cell)
    for example in range(3):
        single = [factor[example] for factor in jacobians(run)]
        np.testing.assert_allclose(single, step_jacobians(run, example=example), rtol=1e-10, atol=1e-15)


def test_where_padding_holds_a_state_its_factor_is_the_identity():
    held = [bool((factor[1] == np.eye(4)).all()) for factor in jacobians(batch(GRU, lengths=[4, 2, 4]))]
    assert held == [False, False, True, True]


def test_the_factors_of_a_batch_are_written_from_the_smallest_to_the_largest():
    net = ScalarRNN("identity", W_xh=1.0, W_hh=0.5, W_hy=1.0)
    assert "J = 0.500" in viz.draw(unroll(net, np.ones((3, 2)), np.ones((3, 2)), loss="mse"), factors=True).source
    run = batch(RNN)
    sizes = [np.linalg.norm(factor, 2) for factor in jacobians(run)[1]]
    words = f"J = ‖{min(sizes):.3f} … {max(sizes):.3f}‖₂, ρ "
    assert words in viz.draw(run, factors=True).source


# ---- words -----------------------------------------------------------------------------------------------------------


def test_under_each_input_stands_the_word_that_is_read():
    known = nodes(viz.draw(text_net(), tokens=WORDS))
    assert [known[f"x_{t}"].notes for t in range(4)] == [("“the”",), ("“cats”",), ("“␣”",), ("“purr & <b>”",)]


def test_at_each_loss_stand_the_likeliest_words_with_their_probabilities_and_the_target_is_marked():
    run = text_net()
    known = nodes(viz.draw(run, tokens=WORDS))
    for t, target in enumerate(NEXT):
        rows = known[f"L_{t}"].notes
        weights = np.exp(run.outputs[t].data)
        likely = weights / weights.sum()
        first = [WORDS.index({"␣": " ", "↵": "\n"}.get(w := row.split("”")[0][1:], w)) for row in rows[:3]]
        assert first == np.argsort(-likely)[:3].tolist()
        (marked,) = [row for row in rows if row.endswith("← target")]
        assert f" {likely[target]:.3f} " in marked


def test_words_are_text_whatever_they_hold():
    assert viz.draw(text_net(), tokens=["<b>", "&nbsp;", "\x00", "\ud800", "a" * 99]).svg().startswith("<svg")


@pytest.mark.parametrize(
    ("run", "tokens", "message"),
    [
        (scalar, WORDS, "one sequence of tokens"),
        (text_net, WORDS[:3], "names 3 tokens, but the run reads token 4"),
        (lambda: unroll(RNN(5, 4, 5), np.stack([READ, READ], 1)), WORDS, "one sequence of tokens"),
    ],
    ids=["numbers", "too few", "batch"],
)
def test_a_vocabulary_that_does_not_fit_is_refused(run, tokens, message):
    with pytest.raises(ValueError, match=message):
        viz.draw(run(), tokens=tokens)


# ---- weights on the way ----------------------------------------------------------------------------------------------


def weights(diagram):
    return {(edge.tail, edge.head): edge.weights for edge in diagram.data.edges}


def test_arrows_have_the_weights_on_their_way_if_asked_for():
    on_way = weights(viz.draw(text_net(LSTM), on_arrows=True))
    assert on_way["x_1", "c_1"] == ("W_xh",) and on_way["h_0", "c_1"] == ("W_hh",) == on_way["h_0", "h_1"]
    assert on_way["h_1", "y_1"] == ("W_hy",) and on_way["c_0", "c_1"] == () == on_way["y_1", "L_1"]
    assert not any(weights(viz.draw(text_net(LSTM))).values())


def test_the_rolled_loop_has_its_weight_and_its_delay_and_a_residual_net_its_skip():
    diagram = viz.draw(text_net(lambda *sizes: Residual(RNN(*sizes))), level="rolled")
    loops = {edge.skip: edge for edge in diagram.data.edges if edge.tail == edge.head}
    assert loops[False].weights == ("W_hh",) and loops[False].lag == loops[True].lag == 1
    assert "skip, 1 step later" in diagram.source and ", 1 step later" in diagram.source
    run = text_net(lambda *sizes: Residual(RNN(*sizes)))
    around = [
        np.linalg.norm(edge.contribution) for edge in viz.draw(run).data.edges if edge.skip and edge.tail != "h_-1"
    ]
    assert loops[True].extremes[1] >= max(around) - 1e-12
