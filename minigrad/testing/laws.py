"""The laws that a tape engine keeps: name, sentence, hint, cases; and how one is tried. The cases stand next door."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from ..refusal.arguments import chosen
from . import arrays, graphs, rules, sweeps
from .adapter import NotOffered
from .case import Case, Counterexample, Open, raised

Outcome = Literal["passed", "failed", "not offered"]


@dataclass(frozen=True, slots=True)
class Law:
    """One law: its name, what it says, what a teacher would say to whom it catches, and the cases that try it."""

    name: str
    sentence: str
    hint: str
    cases: Callable[[], Iterator[Case]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one law on one engine.

    `cases` counts those that were tried, `skipped` those that need what the engine doesn't offer, and `reason` says
    what that was for one of them.
    """

    law: Law
    outcome: Outcome
    cases: int = 0
    skipped: int = 0
    counterexample: Counterexample | None = None
    reason: str = ""


LAWS: Sequence[Law] = (
    Law(
        "values",
        "An operation's value is what Python or NumPy computes.",
        "Look at the forward pass first: a wrong value makes every gradient wrong.",
        rules.values,
    ),
    Law(
        "constants",
        "A plain number may stand beside a leaf; it gets no gradient and changes nobody else's.",
        "Wrap numbers when they enter an operation, each time in a new constant, and pass nothing back to them.",
        rules.constants,
    ),
    Law(
        "sum rule",
        "A sum hands its gradient to every term unchanged, a negation with the sign turned.",
        "∂(a + b)/∂a = 1: each operand receives what arrived at the result, multiplied by 1.",
        rules.sum_rule,
    ),
    Law(
        "product rule",
        "A product hands each factor what arrived, times the other factor.",
        "∂(a·b)/∂a = b, with the value that b had in the forward pass, times the gradient of the result.",
        rules.product_rule,
    ),
    Law(
        "chain rule",
        "A function hands on its slope at the argument, times what arrived at the result.",
        "Multiply the local derivative by the result's gradient, and check it: tanh′ = 1 − tanh², exp′ = exp.",
        rules.chain_rule,
    ),
    Law(
        "operand order",
        "a − b, a / b and a ** b tell their operands apart, in value and in gradient.",
        "Keep parents in a list or tuple, in the operands' order; ∂(a − b)/∂b = −1, ∂(a / b)/∂b = −a / b².",
        rules.operand_order,
    ),
    Law(
        "reflected operators",
        "5 − a, 5 / a and 5 ** a are that, and not a − 5, a / 5 and a ** 5.",
        "Python calls a.__rsub__(5) for 5 − a: the operand in hand is the right one, so swap them.",
        rules.reflected_operators,
    ),
    Law(
        "one tensor twice",
        "A tensor that stands twice in one operation gets both contributions.",
        "a * a has two operands: add with +=, and keep parents in a list; a set or a dict makes one of two.",
        rules.one_tensor_twice,
    ),
    Law(
        "fan-out",
        "What several operations use gets the sum of what they send back, and passes it on once, when it is complete.",
        "Go through the graph in reverse topological order, each node once, after everything that used it.",
        graphs.fan_out,
    ),
    Law(
        "any graph",
        "A random expression has the gradient that forward differentiation finds.",
        "The counterexample is as small as it gets: work it out on paper, then print what your backward does with it.",
        graphs.any_graph,
    ),
    Law(
        "two outputs",
        "A leaf behind two outputs gets the gradients of both, one backward after the other.",
        "Add to a leaf's gradient, never overwrite it; what inner nodes gathered in one sweep mustn't enter the next.",
        graphs.two_outputs,
    ),
    Law(
        "second backward",
        "The same backward once more adds the same gradient once more.",
        "Start every sweep with inner gradients at zero; only the leaves' gradients may remember.",
        sweeps.second_backward,
    ),
    Law(
        "fresh graph",
        "New leaves in a new graph start from nothing, whatever was computed before.",
        "Look for state that outlives a graph: a global list, a cache keyed by id or value, a default argument.",
        sweeps.fresh_graph,
    ),
    Law(
        "deep chains",
        "A chain may be 10, 1,000 or 100,000 operations long.",
        "Recursion ends near 1,000 calls: sort the graph with a loop and a stack of your own, or by order of creation.",
        graphs.deep_chains,
    ),
    Law(
        "wide sums",
        "A leaf may be used 5,000 times, and a sum may have 1,000 leaves.",
        "Look for a search through a list at each node, or a limit on the number of parents.",
        graphs.wide_sums,
    ),
    Law(
        "unused leaves",
        "A leaf that the output doesn't depend on has gradient zero, or none.",
        "Start every leaf's gradient at zero, and sweep only what the output was made of.",
        graphs.unused_leaves,
    ),
    Law(
        "own gradients",
        "Two leaves never share one gradient: what is added to one isn't added to the other.",
        "a + b sends one array to both: copy it before something is added in place.",
        sweeps.own_gradients,
    ),
    Law(
        "elementwise arrays",
        "On arrays every element has the gradient that it would have alone, and sum gives each element a 1.",
        "Gradients have the shape of their tensor; the gradient of sum is the arriving number, in every element.",
        arrays.elementwise,
    ),
    Law(
        "broadcasting",
        "What was broadcast in the forward pass is summed in the backward pass, to the leaf's own shape.",
        "Sum over the axes that broadcasting put in front, and with keepdims over those that had length 1.",
        arrays.broadcasting,
    ),
    Law(
        "matrix products",
        "A @ B has the gradients G @ Bᵀ and Aᵀ @ G, also for vectors and for stacks of matrices.",
        "Check the shapes: ∂A is as A. A vector needs outer products, a stack the transpose of its last two axes.",
        arrays.matrix_products,
    ),
    Law(
        "indexing",
        "An element that was picked twice gets both gradients, one that wasn't gets zero.",
        "g[index] += part counts a repeated index once; np.add.at(g, index, part) counts every one.",
        arrays.indexing,
    ),
    Law(
        "ties of max",
        "Where several are largest, their gradients are between 0 and 1 and sum to 1.",
        "x == x.max() is true in several places: share the gradient among them, or give it to the first.",
        arrays.ties_of_max,
    ),
    Law(
        "where",
        "The branch that isn't taken gets exactly zero, even if it is infinite.",
        "condition · a + (1 − condition) · b makes 0 · ∞ = NaN: select, don't multiply.",
        arrays.where,
    ),
    Law(
        "detach",
        "A detached value goes on as a constant: nothing flows back through it.",
        "detach makes a new node with the same value and no parents; the old one keeps its own.",
        sweeps.detach,
    ),
    Law(
        "cuts",
        "A cut takes a node as a constant for one sweep: nothing passes it, everything else flows.",
        "Stop at the cut itself, before its own operation is asked; one step later is one step too late.",
        sweeps.cuts,
    ),
    Law(
        "uses",
        "The contributions of a leaf's uses sum to its gradient.",
        "Record a contribution where you add it, one for each operand.",
        sweeps.uses,
    ),
    Law(
        "changed values",
        "A value changed in place between forward and backward is refused, or does no harm.",
        "Keep a copy of what a rule needs, lock the array, or count versions and compare them in backward.",
        sweeps.changed_values,
    ),
    Law(
        "memory",
        "When the output is dropped, its graph is freed.",
        "Look for a global list of nodes, or a table that is never emptied.",
        sweeps.memory,
    ),
    Law(
        "recurrent net",
        "1,000 steps of h = w · h + u · x have the gradients of the closed form.",
        "One weight is used in every step: its gradient is the sum over all of them, and the chain is 2,000 long.",
        graphs.recurrent_net,
    ),
    Law(
        "second order",
        "A gradient can be differentiated again.",
        "Let the rules compute with nodes, so that the backward pass is a graph too.",
        sweeps.second_order,
    ),
)


def named(names: Sequence[str] | None) -> tuple[Law, ...]:
    """The laws of these names, in the table's order; all of them, if none are named."""
    for name in names or ():
        chosen("a law", name, [law.name for law in LAWS])
    return tuple(law for law in LAWS if not names or law.name in names)


def tried(law: Law, open: Open, entering: Callable[[str], None] = lambda title: None) -> Verdict:
    """Try the cases of a law in turn, until one fails. `entering` is told the title of each."""
    cases = skipped = 0
    reason = ""
    for case in law.cases():
        entering(case.title)
        try:
            counterexample = case.check(open)
        except NotOffered as missing:
            skipped += 1
            reason = reason or str(missing).splitlines()[0]
            continue
        except Exception as error:
            counterexample = Counterexample(case.title, "", "no exception", raised(error))
        cases += 1
        if counterexample is not None:
            return Verdict(law, "failed", cases, skipped, counterexample)
    return Verdict(law, "passed" if cases else "not offered", cases, skipped, None, reason)
