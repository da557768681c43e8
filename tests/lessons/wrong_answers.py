"""Plausible wrong answers: for each exercise three edits of its solution, and words that its check must say."""

WRONG = {
    "0.1": (
        ("return float(np.round(a.data, 12)), float(np.round(b.data, 12))", "return b.item(), a.item()", "wrong order"),
        ("for weight in (a, b):", "for weight in (a,):", "b is never moved"),
        ("range(200)", "range(8)", "More steps"),
    ),
    "0.2": (
        ("w.grad = None", "pass", "adds up until it is cleared"),
        ("        w.data = w.data - rate * w.grad\n        w.grad = None", "        w.grad = None\n        w.data = w.data - rate * (0 if w.grad is None else w.grad)", "before it is used"),
        ("visited.append(w.item())", "visited.append(w.item() + 1)", "w ← w − rate"),
    ),
    "0.3": (
        ("return np.argmax(scores(new_points).data, axis=1)", "return np.zeros(len(new_points))", "all new points are called 0"),
        ("return np.argmax(", "return 1 - np.argmax(", "change places"),
        ("mg.tanh(x @ W + b)", "(x @ W + b)", "a straight line"),
    ),
    "1.1": (
        ("source.grad += value.grad * local", "source.grad = value.grad * local", "+="),
        (", reverse=True", "", "before it hands it on"),
        ("    values, pending =", "    if output.inputs and output.order > 5000:\n        return backward(output)\n    values, pending =", "calls itself"),
    ),
    "1.2": (
        ("1 - y * y", "1 - x.data * x.data", "1 − x²"),
        ("(x,)", "()", "doesn't remember x"),
        ("y = math.tanh(x.data)", "e = 10.0 ** 400 if abs(x.data) > 300 else 0.0\n    y = math.tanh(x.data)", "stops with"),
    ),
    "1.3": (
        ("user.grad * local)", "local)", "local gradients"),
        ("    return contributions", "    return [value.grad]", "the sum"),
        ("zip(user.inputs, user.local)", "dict(zip(user.inputs, user.local)).items()", "uses a twice"),
    ),
    "1.4": (
        ("if value in cuts:\n            gradients[value] = 0.0\n            continue", "if value in cuts:\n            continue", "the cut itself is a constant"),
        ("gradients[source] += ", "gradients[source] += not any(source.order < cut.order for cut in cuts) and ", "the uses past the cut"),
        ("value in cuts", "False", "must not flow on"),
    ),
    "2.1": (
        ("g / (1 + np.abs(x)) ** 2", "g / (1 + np.abs(x))", "has a square below"),
        ("g / (1 + np.abs(x)) ** 2", "1 / (1 + np.abs(x)) ** 2", "times g"),
        ("return x / (1 + np.abs(x))", "return x / (1 + x)", "|x| stands below"),
    ),
    "2.2": (
        ("return max(errors, key=errors.get)", "return next(iter(operations))", "not of"),
        ("np.linspace(0.5, 2, 7)", "np.array([1.0])", "try several x"),
        ("return max(errors, key=errors.get)", "return None", "one of the names"),
    ),
    "2.3": (
        ("p[target] -= 1", "p[target] += 0", "own term is missing"),
        ("return g * p", "return p", "g is forgotten"),
        ("np.exp(z - z.max())", "np.exp(z)", "subtract the largest score"),
    ),
    "2.4": (
        (".sum(axis=repeated, keepdims=True)", ".mean(axis=repeated, keepdims=True)", "it is a sum"),
        ("    return g.sum(axis=repeated, keepdims=True)", "    return g", "on which `shape` has a 1"),
        (", keepdims=True", "", "keepdims=True"),
    ),
    "3.1": (
        (" + b_h", "", "b_h is forgotten"),
        ("h @ W_hh", "W_hh @ h", "not W_hh @ h"),
        ("states.append(h)", "states.append(h.detach())", "without a past"),
    ),
    "3.2": (
        ("return [copy.grad for copy in copies]", "return sum(copy.grad for copy in copies)", "the sum"),
        ("return [copy.grad for copy in copies]", "return [copy.grad for copy in reversed(copies)]", "order is turned"),
        ("[mg.tensor(W_hh, requires_grad=True) for _ in xs]", "[mg.tensor(W_hh, requires_grad=True)] * len(xs)", "share one weight"),
    ),
    "3.3": (
        ("return 0", "return T - 1", "isn't zero"),
        ("np.full(H, 0.5)", "np.zeros(H)", "stays zero"),
        ("np.full(H, 0.5)", "np.arange(H) * 0.5", "row 0"),
    ),
    "4.1": (
        ("(1 - h * h if phi == \"tanh\" else 1.0)", "1.0", "no φ′"),
        ("delta * before", "delta * h", "not h_t"),
        ("for t in reversed(range(len(xs))):", "for t in [len(xs) - 1]:", "last step alone"),
    ),
    "4.2": (
        ("    for factor, own in zip(factors, direct):\n        total = factor * total + own\n    return total", "    for factor, own in zip(factors, direct):\n        total = factor * total + own\n    return total - direct[-1]", "that is A"),
        ("total = factor * total + own", "total = factor * (total + own)", "that is C"),
        ("total = factor * total + own", "total = own", "last step's use alone"),
    ),
    "4.3": (
        ("J @ product", "product @ J", "order is turned"),
        ("J @ product", "J * product + 0 * J if product is not None else J", "J_n"),
        ("return product", "return product.T", "transpose"),
    ),
    "4.4": (
("    return re.search", "    return None\n    return re.search", "the name of a line is asked for"),
        ("    return re.search", "    return local\n    return re.search", "local gradient"),
        ("    return re.search", "    return 'v0'\n    return re.search", "isn't in the loop"),
    ),
    "5.1": (
        ("max(0, k * (t // k) - k)", "k * (t // k)", "your own chunk"),
        ("max(0, k * (t // k) - k)", "k * (t // k) - k", "max(0, …)"),
        ("max(0, k * (t // k) - k)", "max(0, t - 2 * k)", "moves with t"),
    ),
    "5.2": (
        ("G[t, f(t) : t + 1]", "G[t]", "full one"),
        ("f(t) : t + 1", "f(t) + 1 : t + 1", "the use at step f(t) itself"),
        ("f(t) : t + 1", "f(t) : t", "ends before t"),
    ),
    "5.3": (
        ("loss - cue", "loss - cue + 1", "k + 1 uses"),
        ("loss - cue", "max(0, loss - cue - 1)", "exactly 0"),
        ("loss - cue", "loss", "more than is needed"),
    ),
    "5.4": (
        (".detach()", "", "Is it detached"),
        ("state=state)", "state=None)", "begins every chunk at h = 0"),
        ("range(0, len(xs), k)", "range(0, len(xs) - k + 1, k)", "last, shorter chunk"),
    ),
    "5.5": (
        ("held[s - 1] += held[s]", "pass", "the recipe"),
        ("t - uses + 1)", "t - uses)", "a step too far"),
        ("return counted", "return counted.T", "are turned"),
    ),
    "6.1": (
        ("left ** (1 / k)", "left", "after one step"),
        ("left ** (1 / k)", "left**k", "the root is asked for"),
        ("left ** (1 / k)", "left / k", "are multiplied"),
    ),
    "6.2": (
        ("times], [0.0", "0.0], [0.0", "beside the diagonal"),
        ("[[radius, times], [0.0, radius]]", "[[times, 0.0], [0.0, radius]]", "the largest eigenvalue is"),
        ("[[radius, times], [0.0, radius]]", "[radius, times]", "a square matrix"),
    ),
    "6.3": (
        ("np.linalg.svd(W, compute_uv=False)[0] ** k", "np.abs(np.linalg.eigvals(W)).max() ** k", "below the truth"),
        ("np.linalg.svd(W, compute_uv=False)[0] ** k", "np.linalg.norm(W) ** k", "never exact"),
        (" ** k", "", "for one step"),
    ),
    "6.4": (
        ("np.linalg.qr(rng.standard_normal((n, n)))[0]", "rng.standard_normal((n, n)) / n**0.5", "a rotation keeps"),
        ("return np.linalg.qr(rng.standard_normal((n, n)))[0]", "W = rng.standard_normal((n, n))\n    return W / np.linalg.norm(W, axis=0)", "at right angles"),
        ("np.linalg.qr(rng.standard_normal((n, n)))[0]", "np.ones(n)", "has shape"),
    ),
    "7.1": (
        (" if norm > limit else 1.0", " if norm else 1.0", "came back longer"),
        ("[gradient * factor for", "[np.clip(gradient, -limit, limit) for", "by itself"),
        ("gradients], norm", "gradients], norm * factor", "the one before"),
    ),
    "7.2": (
        ("np.degrees(np.arccos(min(1.0, cosine)))", "np.arccos(min(1.0, cosine))", "radians"),
        ("np.degrees(np.arccos(min(1.0, cosine)))", "cosine", "the cosine"),
        ("np.clip(gradient, -limit, limit)", "gradient * limit / np.linalg.norm(gradient)", "turns nothing"),
    ),
    "7.3": (
        ("norms * min(1.0, limit / together)", "np.minimum(norms, limit)", "by itself"),
        ("norms[0] / norms[-1], clipped[0] / clipped[-1]", "norms[-1] / norms[0], clipped[-1] / clipped[0]", "is turned"),
        ("norms[0] / norms[-1], clipped[0] / clipped[-1]", "norms[0], norms[-1]", "their ratio"),
    ),
    "8.1": (
        ("i, f, g, o = np.split", "i, f, o, g = np.split", "i, f, g, o"),
        ("sigmoid(o) * np.tanh(c), c", "sigmoid(o) * c, c", "tanh of c is forgotten"),
        ("sigmoid(i) * np.tanh(g)", "sigmoid(i) * sigmoid(g)", "through tanh"),
    ),
    "8.2": (
        ("np.log(f / (1 - f))", "f", "that is the gate"),
        ("kept ** (1 / steps)", "kept", "over one step"),
        ("np.log(f / (1 - f))", "np.log((1 - f) / f)", "sign is turned"),
    ),
    "8.3": (
        ("[H : 2 * H] = 40.0", "[H : 2 * H] = -40.0", "is replaced"),
        ("[H : 2 * H] = 40.0", "[:H] = 40.0", "another part"),
        ("[H : 2 * H] = 40.0", "[H : 2 * H] = 3.0", "not near enough"),
    ),
    "8.4": (
        ("h = state + mg.tanh", "h = mg.tanh", "the state is gone"),
        ('x @ parameters["W_xh"] + ', "", "on the input x"),
        ('state @ parameters["W_hh"]', 'state @ self.parameters["W_hh"]', "that step is handed"),
    ),
    "9.1": (
        (".reshape(batch, length).T", ".reshape(length, batch)", "side by side"),
        ("rows[start + 1 : start + steps + 1]", "rows[start : start + steps]", "targets are the inputs"),
        ("rows[start + 1 : start + steps + 1]", "np.roll(rows[start : start + steps], -1, axis=0)", "first token of the next one"),
    ),
    "9.2": (
        ("t - f(t) + 1", "1", "its own way back"),
        ("max(0, t - k)", "max(0, t - k + 1) if t else 0", "k + 1 uses"),
        ("-(-T // k)", "T // k", "shorter chunk"),
    ),
    "9.3": (
        ("past = series[:cut]", "past = series", "know the future"),
        ("s + length <= cut]", "s < cut]", "a leak"),
        ("s + length > cut]", "s >= cut]", "is missing in test"),
    ),
    "10.1": (
        ("g * np.tanh(x)", "np.tanh(x)", "the rule isn't"),
        ("np.logaddexp(x, -x) - np.log(2)", "np.log(np.cosh(x))", "logcosh(800)"),
        ("g * np.tanh(x)", "g * np.tanh(np.asarray(getattr(x, 'data', x)))", "second order"),
    ),
    "10.2": (
        ("    agree(used_early_and_late, 0.4, 0.6)", "    pass", "before all its users"),
        ("    agree(lambda a: a + a, 1.5)", "    pass", "a + a"),
        ("assert math.isclose", "assert not math.isclose", "the right engine fails"),
    ),
    "10.3": (
        ("position[user] < position[source]", "position[user] > position[source]", "is right"),
        ("    if sorted(order) != sorted(inputs):\n        return False\n", "    if set(order) != set(inputs):\n        return False\n", "visited twice"),
        ("    return all", "    return order == list(reversed(inputs)) and all", "is right"),
    ),
    "11.1": (
        ("assert np.isclose(gradients[weight][index], (measured[0] - measured[1]) / 2e-5, rtol=1e-4, atol=1e-7), name", "assert np.any(gradients[weight]), name", "passes a cell"),
        ("assert np.isclose", "assert not np.isclose", "without a detach fails"),
        ("in cell.parameters.items()", "in list(cell.parameters.items())[3:]", "passes a cell"),
    ),
    "11.2": (
        ("counts.get(entry.primitive.name, 0) + 1", "1", "records"),
        ("entry.scope == run.scopes[t] or entry.scope.startswith(run.scopes[t] + \"/\")", "entry.scope.startswith(run.scopes[t])", "beginning of"),
        ("entry.scope == run.scopes[t] or entry.scope.startswith(run.scopes[t] + \"/\")", "True", "records"),
    ),
    "11.3": (
        ("net.load_torch_state_dict(state_dict)", "net.load_torch_state_dict({**state_dict, 'bias_hh_l0': 0 * state_dict['bias_hh_l0']})", "two biases"),
        ("net.load_torch_state_dict(state_dict)", "net.load_torch_state_dict({**state_dict, 'weight_hh_l0': state_dict['weight_hh_l0'].T})", "transpose"),
        ("    net.load_torch_state_dict(state_dict)\n", "", "h = tanh"),
    ),
}  # fmt: skip
