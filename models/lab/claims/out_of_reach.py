"""out-of-reach: what a net can and can't learn when truncation keeps the gradient from the cue."""

from __future__ import annotations

import numpy as np

from ...data.tasks import Agreement, CueRecall
from ...truncation import k_truncated
from ..experiment import Chart, Expectation, Figure, Measured, Statement, Table, Track, experiment, spread
from ..learning import CHANCE, learn

_BLIND = "highest accuracy, cue recall, rows at zero, k ≤ 10"
_ROWS = "largest |entry| of the cues’ rows after training, k ≤ 10"
_SEEN = "lowest accuracy, cue recall, rows at zero, k = 11"
_FOOLED = "lowest accuracy, cue recall, random rows, k = 1"
_NEAR = "highest accuracy, agreement, k = 1"
_FAR = "lowest accuracy, agreement, k = 9"
_SHORT = "mean accuracy, agreement, k = 7, two hops short of the noun"

STATEMENT = Statement(
    name="out-of-reach",
    title="Out of reach",
    claim=(
        "The error signal from time t does not affect any time steps below t − τ. This means the RNN has difficulty "
        "capturing dependencies longer than τ. … The first few words indicate the gender/plurality/age of the "
        "subject. A mis-prediction of, e.g. gender, at word τ′ > τ causes an error … which can’t interact with the "
        "correct gender in the first few words."
    ),
    place="Truncated back propagation through time, “The disadvantage”",
    formulas=("{∂L_t}/{∂W_xh^{(s)}} = 0  for  s < f(t) = max(0, t − k)",),
    method=(
        "Cue recall: a cue, A or B, at step 0, ten distractors, and at step 11 the question which it was; k = 11 "
        "hops reach it. The cues’ rows of W_xh are zero at first, or random as usual. Agreement: “the dog near the "
        "cats behind the trees with the kings” (runs, or run?), where the first noun is 9 hops from the verb and "
        "three more nouns stand between. A tanh net of 32 units with a rotation for W_hh, Adam 2·10⁻³, up to 600 "
        "updates of 32 examples, under k_truncated(k). Chance is 0.5; to follow the majority of the four nouns "
        "gives 0.69."
    ),
    expectations=(
        Expectation("With rows at zero, a cue out of reach is never learned:", _BLIND, "≤", CHANCE),
        Expectation("a theorem, for the gradient of these rows is exactly zero;", _ROWS, "≤", 0),
        Expectation("one hop more, and it is learned.", _SEEN, "≥", 0.99),
        Expectation(
            "With random rows the state carries the cue already, and two uses of W_hh learn to read it.",
            _FOOLED,
            "≥",
            0.9,
        ),
        Expectation("The sentence isn’t learned over one hop,", _NEAR, "≤", 0.9),
        Expectation("and is where the first noun is in reach.", _FAR, "≥", 0.99, full_only=True),
        Expectation(
            "But it is learned before that too: out of reach is not out of the state.", _SHORT, "≥", 0.9, full_only=True
        ),
    ),
    correction=(
        "What is out of reach gets no gradient. It may be learned all the same, by what is in reach: the state "
        "still carries it. “Has difficulty” is right, “can’t” is not. A demonstration that leaves the cue’s rows "
        "random shows nothing about truncation."
    ),
)


@experiment(STATEMENT, _BLIND, _ROWS, _SEEN, _FOOLED, _NEAR, _FAR, _SHORT)
def out_of_reach(seed: int, quick: bool, track: Track) -> Measured:
    zero, random, sentence = "cue, rows at zero", "cue, random rows", "agreement"
    reach = (
        {zero: (10, 11), random: (1,), sentence: (1,)}
        if quick
        else {
            zero: (1, 5, 9, 10, 11),
            random: (0, 1, 5, 11),
            sentence: (0, 1, 3, 5, 7, 9),
        }
    )
    seeds = 1 if quick else 3
    accuracies: dict[tuple[str, int], list[float]] = {}
    rows_left = 0.0
    for kind, k, draw in track([(kind, k, draw) for kind, ks in reach.items() for k in ks for draw in range(seeds)]):
        task = Agreement(3) if kind == sentence else CueRecall(12)
        done = learn(task, "orthogonal", 100 * seed + draw, truncation=k_truncated(k), zero_rows=kind == zero)
        accuracies.setdefault((kind, k), []).append(done.accuracy)
        if kind == zero and k < 11:
            rows_left = max(rows_left, float(np.abs(done.model.parameters["W_xh"].data[:2]).max()))
    quantities = {
        _BLIND: max(accuracy for (kind, k), row in accuracies.items() if kind == zero and k < 11 for accuracy in row),
        _ROWS: rows_left,
        _SEEN: min(accuracies[zero, 11]),
        _FOOLED: min(accuracies[random, 1]),
        _NEAR: max(accuracies[sentence, 1]),
    }
    if not quick:
        quantities |= {_FAR: min(accuracies[sentence, 9]), _SHORT: float(np.mean(accuracies[sentence, 7]))}
    rows = tuple(
        (kind, str(k), str(k + 1), *(f"{of(row):.3f}" for of in (np.median, np.min, np.max)))
        for (kind, k), row in accuracies.items()
    )
    table = Table(
        f"Accuracy on 1000 examples, over {seeds} seeds", ("task", "k", "uses", "median", "lowest", "highest"), rows
    )
    curves = tuple(
        spread(kind, ks, [np.array([accuracies[kind, k][draw] for k in ks]) for draw in range(seeds)])
        for kind, ks in reach.items()
    )
    chart = Chart(
        "Accuracy against reach", "k: hops that the gradient may go back", "accuracy", curves, levels=(("chance", 0.5),)
    )
    caption = "The cue is 11 hops from the question, the first noun 9 hops from the verb. Bands: over the seeds."
    return Measured(quantities, (table,), (Figure("out-of-reach", caption, (chart,)),))
