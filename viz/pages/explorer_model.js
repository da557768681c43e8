"use strict";
/* What an explorer's page computes: all numbers of a setting, from traced programs. No document, no picture here.
   A value is a number or nested arrays of numbers; null is one that isn't there. */
const numeric = {
  flat: (x) => (Array.isArray(x) ? x.flat(Infinity) : [x]),
  plus: (a, b) => (a === null || a === undefined ? b : b === null || b === undefined ? a
    : Array.isArray(a) ? a.map((part, i) => numeric.plus(part, b[i])) : a + b),
  zero: (x) => (Array.isArray(x) ? x.map(numeric.zero) : 0),
  minus: (a, b) => (Array.isArray(a) ? a.map((part, i) => numeric.minus(part, b[i])) : a - b),
  norm(x) {
    const entries = numeric.flat(x).map(Math.abs), largest = Math.max(0, ...entries);
    if (entries.some(Number.isNaN)) return NaN;
    if (!largest || !Number.isFinite(largest) || entries.length === 1) return largest;
    return largest * Math.sqrt(entries.reduce((sum, each) => sum + (each / largest) ** 2, 0));
  },
  share(part, total) {
    const length = numeric.norm(total), others = numeric.flat(total);
    return length ? numeric.flat(part).reduce((sum, each, i) => sum + each * (others[i] / length), 0) : 0;
  },
  table: () => Object.create(null),  // by names: none is there before it is entered, whatever it is called
  copy: (x) => JSON.parse(JSON.stringify(x)),
  at: (x, index) => index.reduce((part, i) => part[i], x),
  put(holder, path, value) {
    const last = path[path.length - 1];
    path.slice(0, -1).reduce((part, step) => part[step], holder)[last] = value;
  },
};

/* f(t), the earliest step that the loss of step t may reach, from what the page says. */
function earliest(cut, steps) {
  return Array.from({length: steps}, (_, t) => {
    if (cut.kind === "k") return Math.max(0, t - cut.k);
    if (cut.kind === "chunks") return cut.k * Math.floor(t / cut.k);
    if (cut.kind === "cuts") return Math.max(0, ...cut.at.filter((step) => step <= t));
    return 0;
  });
}

/* A run, step by step. `page.steps` says how the programs' numbers are called, as `viz/explorer/steps.py` writes it. */
function runModel(page, programs) {
  const spec = page.steps, steps = spec.kinds.length;

  function forward(args) {
    const values = numeric.table(), states = [args.state];
    let total = 0;
    args.state.forEach((part, j) => { values[spec.initial[j]] = part; });
    const losses = spec.kinds.map((kind, t) => {
      const layout = spec.layouts[kind], target = kind === "loss" ? [args.targets[t]] : [];
      const made = programs.forward[kind](args.parameters, states[t], args.inputs[t], ...target);
      made.forEach((value, i) => { values[spec.nodes[t][i]] = value; });
      states.push(layout.states.map((place) => (place >= 0 ? made[place] : states[t][-1 - place])));
      const loss = layout.boxes.indexOf("loss");
      if (kind === "loss") total += made[loss];
      return kind === "loss" ? made[loss] : null;
    });
    return {values, states, losses, total};
  }

  function back(args, states, t, arriving, seed) {
    const kind = spec.kinds[t], target = kind === "loss" ? [args.targets[t]] : [];
    return programs.backward[kind](args.parameters, states[t], args.inputs[t], arriving, seed, ...target);
  }

  /* What a step's boxes, and parts of the state before, are reached from some of its boxes. */
  function behind(layout, starts) {
    const reached = new Set(starts);
    for (let size = -1; size !== reached.size;) {
      size = reached.size;
      for (const [tail, head] of layout.arrows) if (reached.has(head)) reached.add(tail);
    }
    return reached;
  }

  /* For each loss by itself: what each step's boxes, arrows and weights get of it. */
  function contributions(args) {
    const run = forward(args);
    const of = run.losses.map((loss, t) => {
      if (loss === null) return null;
      const found = [];
      let arriving = run.states[t + 1].map(numeric.zero), starts = [spec.layouts.loss.boxes.indexOf("loss")];
      for (let s = t; s >= 0; s--) {
        const layout = spec.layouts[spec.kinds[s]], reached = behind(layout, starts);
        found[s] = {...back(args, run.states, s, arriving, s === t ? 1 : 0), live: layout.arrows.map(([, head]) => reached.has(head))};
        arriving = found[s].before;
        const before = s > 0 ? spec.layouts[spec.kinds[s - 1]].states : [];
        starts = before.filter((_, j) => reached.has(-1 - j));
      }
      return found;
    });
    return {...run, of};
  }

  /* The masked sums: the losses of `chosen`, each as far back as f allows. */
  function masked(known, first, chosen) {
    const [gradients, flows, skips, blocked, uses] = Array.from({length: 5}, numeric.table);
    const add = (sums, key, value) => { if (key && value !== null) sums[key] = numeric.plus(sums[key], value); };
    for (const t of chosen) {
      const found = known.of[t];
      if (!found) continue;
      for (let s = t; s >= 0; s--) {
        const {kind, here} = {kind: spec.kinds[s], here: found[s]}, arrows = spec.layouts[kind].arrows;
        if (s < first[t]) break;
        here.boxes.forEach((value, i) => add(gradients, spec.nodes[s][i], value));
        arrows.forEach(([tail], k) => {
          if (!here.live[k]) return;
          const cut = tail < 0 && first[t] > 0 && spec.tails[s][k] < first[t];
          add(cut ? blocked : flows, spec.edges[s][k], here.arrows[k]);
          if (!cut) add(skips, spec.edges[s][k], here.skips[k]);
        });
        for (const [name, part] of Object.entries(here.uses)) (uses[name] ??= [])[s] = numeric.plus(uses[name][s], part);
        if (s === 0) here.before.forEach((value, j) => add(gradients, spec.initial[j], value));
      }
    }
    for (const [name, parts] of Object.entries(uses)) {
      gradients[`parameter ${name}`] = parts.reduce((sum, part) => numeric.plus(sum, part), null);
    }
    return {gradients, flows, skips, blocked, uses};
  }

  /* All that the picture shows: of all losses or of one, as far back as `cut` says. */
  function compute(args, known, cut, loss) {
    const first = earliest(cut, steps), chosen = loss === "all" ? known.losses.map((_, t) => t) : [loss];
    const found = {...masked(known, first, chosen), values: Object.assign(numeric.table(), known.values, {[page.sum]: known.total}), first, shares: numeric.table(), locals: numeric.table()};
    for (const {name, id: box, copies} of page.weights) {
      found.values[box] = args.parameters[name];
      const whole = found.gradients[`parameter ${name}`];
      if (whole !== undefined) found.gradients[box] = whole;
      copies.forEach((id, t) => {
        found.gradients[id] = (found.uses[name] || [])[t] ?? numeric.zero(args.parameters[name]);
        if (Array.isArray(found.gradients[id])) found.shares[id] = numeric.share(found.gradients[id], whole ?? found.gradients[id]);
      });
    }
    if (loss === "all" && page.sum) {
      found.gradients[page.sum] = 1;
      known.losses.forEach((each, t) => { if (each !== null) found.flows[`${page.lossIds[t]}->${page.sum}`] = 1; });
    }
    return found;
  }

  /* ∂state_t/∂state_{t−1} as a matrix of rows, of the whole state. */
  function factor(args, states, t) {
    const parts = states[t + 1];
    return parts.flatMap((part, j) => numeric.flat(part).map((_, i) => {
      const arriving = parts.map(numeric.zero);
      if (Array.isArray(part)) {
        const flat = numeric.flat(part).map(() => 0);
        flat[i] = 1;
        const filled = (like) => (Array.isArray(like) ? like.map(filled) : flat.shift());
        arriving[j] = filled(part);
      } else arriving[j] = 1;
      return back(args, states, t, arriving, 0).before.flatMap(numeric.flat);
    }));
  }

  return {steps, forward, contributions, compute, factor, loss: (args) => forward(args).total};
}

/* A function: everything at once. */
function functionModel(page, programs) {
  const spec = page.function;
  function compute(args) {
    const made = programs.all(...args.args), found = {};
    for (const part of ["values", "gradients", "flows", "skips", "blocked", "shares", "locals"]) found[part] = numeric.table();
    spec.nodes.forEach((id, i) => {
      found.values[id] = made.values[i];
      if (made.gradients[i] !== null) found.gradients[id] = made.gradients[i];
    });
    spec.edges.forEach(([id, copy], i) => {
      const [flow, local, upstream] = made.edges[i];
      found.flows[id] = flow;
      if (copy) found.gradients[copy] = flow;
      if (local !== null) found.locals[id] = [local, upstream];
    });
    spec.results.forEach(([edge, node]) => { if (node in found.gradients) found.flows[edge] = found.gradients[node]; });
    return found;
  }
  return {compute, loss: (args) => compute(args).values[spec.output]};
}

/* Eigenvalues of a small matrix: Faddeev and Le Verrier's polynomial, Durand and Kerner's roots. */
function eigenvalues(matrix) {
  const n = matrix.length, polynomial = [1];
  const times = (a, b) => a.map((row) => b[0].map((_, j) => row.reduce((sum, x, k) => sum + x * b[k][j], 0)));
  let power = matrix.map((row) => row.map(() => 0));
  for (let k = 1; k <= n; k++) {
    power = times(matrix, power.map((row, i) => row.map((x, j) => x + (i === j ? polynomial[k - 1] : 0))));
    polynomial.push(-power.reduce((sum, row, i) => sum + row[i], 0) / k);
  }
  const scale = 1 + Math.max(...polynomial.map(Math.abs));
  const multiply = ([a, b], [c, d]) => [a * c - b * d, a * d + b * c];
  const divide = ([a, b], [c, d]) => [(a * c + b * d) / (c * c + d * d), (b * c - a * d) / (c * c + d * d)];
  let roots = matrix.map((_, k) => [Math.min(scale, 1.3) * Math.cos(2.4 * k + 0.4), Math.min(scale, 1.3) * Math.sin(2.4 * k + 0.4)]);
  for (let turn = 0; turn < 500; turn++) {
    let moved = 0;
    roots = roots.map((root, k) => {
      const value = polynomial.reduce((sum, c) => { const [x, y] = multiply(sum, root); return [x + c, y]; }, [0, 0]);
      const others = roots.reduce((product, other, i) =>
        i === k ? product : multiply(product, [root[0] - other[0], root[1] - other[1]]), [1, 0]);
      const step = divide(value, others);
      if (!step.every(Number.isFinite)) return root;
      moved = Math.max(moved, Math.hypot(...step));
      return [root[0] - step[0], root[1] - step[1]];
    });
    if (moved < 1e-13) break;
  }
  return roots;
}

/* Numbers in words, as `viz/text/numbers.py` writes them. */
function written(value, signed = false) {
  if (Number.isNaN(value)) return "nan";
  if (value === 0) return "0";
  const size = Math.abs(value);
  let text = "∞";
  if (size < 1e5 && Number.isInteger(size)) text = String(size);
  else if (size >= 0.01 && size < 1000) text = size.toFixed(size < 10 ? 3 : size < 100 ? 2 : 1);
  else if (Number.isFinite(size)) text = size.toExponential(1).replace("e+", "e");
  return (value < 0 ? "−" : signed ? "+" : "") + text.replace("-", "−");
}
function short(value, signed = false) {
  if (!Array.isArray(value)) return written(value, signed);
  const size = numeric.norm(value);
  return size ? `‖${written(size)}‖` : "0";
}
