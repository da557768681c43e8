"use strict";
/* Charts of an explorer, as SVG: curves over lags, the unit circle, the loss along one slider. Nothing is computed here. */
const charts = (() => {
  const SVG = "http://www.w3.org/2000/svg", WIDTH = 420, HEIGHT = 210, LEFT = 58, RIGHT = 12, TOP = 12, BOTTOM = 38;

  function element(name, attributes, text) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }
  function begin(svg, label) {
    svg.replaceChildren();
    svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", label);
  }
  function ticks(low, high, count, least = 0) {
    const rough = (high - low) / count || 1, power = 10 ** Math.floor(Math.log10(rough));
    const step = Math.max(least, [1, 2, 5, 10].find((each) => each * power >= rough) * power);
    const first = Math.ceil(low / step - 1e-9);
    return Array.from({length: Math.max(0, Math.floor(high / step + 1e-9) - first + 1)}, (_, i) => (first + i) * step);
  }
  /* A frame with axes: how values become places, and the lines of the grid. `log` counts decades. */
  function axes(svg, {x, y, log = false, xlabel, ylabel, whole = false}) {
    let [low, high] = y;
    if (log) { low = Math.floor(low); high = Math.max(low + 1, Math.ceil(high)); }
    else if (low === high) { low -= 1; high += 1; }
    const across = (value) => LEFT + (value - x[0]) / ((x[1] - x[0]) || 1) * (WIDTH - LEFT - RIGHT);
    const up = (value) => HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM);
    for (const tick of ticks(low, high, 4, log ? 1 : 0)) {
      svg.append(element("line", {x1: LEFT, x2: WIDTH - RIGHT, y1: up(tick), y2: up(tick), class: "grid"}));
      const text = log ? `1e${tick}`.replace("-", "−") : written(Number(tick.toPrecision(3)));
      svg.append(element("text", {x: LEFT - 6, y: up(tick) + 4, class: "end"}, log && tick === 0 ? "1" : text));
    }
    for (const tick of ticks(x[0], x[1], whole ? Math.min(8, x[1] - x[0]) || 1 : 5, whole ? 1 : 0)) {
      svg.append(element("text", {x: across(tick), y: HEIGHT - BOTTOM + 15, class: "middle"}, written(Number(tick.toPrecision(3)))));
    }
    svg.append(element("line", {x1: LEFT, x2: WIDTH - RIGHT, y1: HEIGHT - BOTTOM, y2: HEIGHT - BOTTOM, class: "axis"}));
    svg.append(element("text", {x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 6, class: "middle"}, xlabel));
    svg.append(element("text", {x: 14, y: (TOP + HEIGHT - BOTTOM) / 2, class: "middle", transform: `rotate(-90 14 ${(TOP + HEIGHT - BOTTOM) / 2})`}, ylabel));
    return {across, up, low, high};
  }
  function path(points, kind) {
    let pen = "M", d = "";
    for (const [x, y] of points) {
      if (!Number.isFinite(y)) { pen = "M"; continue; }
      d += `${pen}${x.toFixed(1)},${y.toFixed(1)}`;
      pen = "L";
    }
    return element("path", {d, class: `curve ${kind}`});
  }

  /* Sizes over lags, on a logarithmic axis; what is 0 has no place there. */
  function lags(svg, {label, series, xlabel, ylabel}) {
    begin(svg, label);
    const logs = series.map(({sizes}) => sizes.map((size) => (size > 0 && Number.isFinite(size) ? Math.log10(size) : NaN)));
    const known = logs.flat().filter(Number.isFinite);
    const longest = Math.max(1, ...series.map(({sizes}) => sizes.length - 1));
    const y = [Math.min(0, ...known), Math.max(0, ...known)];
    const {across, up} = axes(svg, {x: [0, longest], y, log: true, xlabel, ylabel, whole: true});
    const taken = [];
    series.forEach(({name, kind, dots = true, start = 0}, i) => {
      const points = logs[i].map((value, lag) => [across(lag + start), up(value)]);
      svg.append(path(points, kind));
      if (dots) for (const [x, at] of points) if (Number.isFinite(at)) svg.append(element("circle", {cx: x, cy: at, r: 3, class: `dot ${kind}`}));
      const last = points.filter(([, at]) => Number.isFinite(at)).pop();
      if (!last || !name) return;
      let at = Math.max(TOP + 10, last[1] - 7);
      while (taken.some((other) => Math.abs(other - at) < 13)) at += 13;
      taken.push(at);
      svg.append(element("text", {x: Math.min(last[0], WIDTH - RIGHT - 4), y: at, class: `end name ${kind}`}, name));
    });
  }

  /* The eigenvalues of a matrix, beside the unit circle. */
  function circle(svg, {label, roots}) {
    begin(svg, label);
    const reach = Math.max(1.25, ...roots.map(([x, y]) => Math.hypot(x, y) * 1.1));
    const side = (HEIGHT - TOP - 18) / 2, [cx, cy] = [WIDTH / 2, TOP + side], unit = side / reach;
    svg.append(element("line", {x1: cx - side, x2: cx + side, y1: cy, y2: cy, class: "grid"}));
    svg.append(element("line", {x1: cx, x2: cx, y1: cy - side, y2: cy + side, class: "grid"}));
    svg.append(element("circle", {cx, cy, r: unit, class: "curve pale"}));
    svg.append(element("text", {x: cx + unit + 5, y: cy + 13}, "1"));
    for (const [x, y] of roots) {
      const size = Math.hypot(x, y);
      svg.append(element("circle", {cx: cx + x * unit, cy: cy - y * unit, r: 5, class: `dot ${size > 1 ? "backward" : "first"}`}));
    }
    const radius = Math.max(...roots.map(([x, y]) => Math.hypot(x, y)));
    svg.append(element("text", {x: WIDTH - RIGHT, y: HEIGHT - 8, class: "end"}, `largest size ρ = ${written(radius)}`));
  }

  /* The loss along one slider, where it stands, and where a step would lead. */
  function slope(svg, {label, xs, ys, present, steps, xlabel}) {
    begin(svg, label);
    const finite = ys.filter(Number.isFinite), x = [xs[0], xs[xs.length - 1]];
    const lowest = Math.min(...finite), highest = Math.max(...finite);
    const {across, up} = axes(svg, {x, y: [Math.min(lowest, 0), highest], xlabel, ylabel: "loss L"});
    svg.append(path(xs.map((at, i) => [across(at), up(ys[i])]), "first"));
    const height = (value) => Math.max(TOP, Math.min(HEIGHT - BOTTOM, Number.isFinite(value) ? up(value) : TOP));
    const [px, py] = [across(present[0]), height(present[1])];
    steps.forEach(({to, loss, kind, name}, i) => {
      const outside = to < x[0] || to > x[1] || !Number.isFinite(to);
      const tx = across(Math.max(x[0], Math.min(x[1], Number.isFinite(to) ? to : x[0]))), ty = outside ? py : height(loss);
      svg.append(element("line", {x1: px, y1: py, x2: tx, y2: ty, class: `curve ${kind}`}));
      if (!outside) svg.append(element("circle", {cx: tx, cy: ty, r: 4.5, class: `dot ${kind}`}));
      const text = `${name}: to ${written(to)}${outside ? ", off this chart" : ""}`;
      svg.append(element("text", {x: WIDTH - RIGHT, y: TOP + 12 + 15 * i, class: `end name ${kind}`}, text));
    });
    svg.append(element("circle", {cx: px, cy: py, r: 5.5, class: "dot present"}));
  }
  return {lags, circle, slope};
})();
