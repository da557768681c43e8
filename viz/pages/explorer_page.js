"use strict";
/* An explorer's page: what moves, what is shown of it. The numbers come from explorer_model.js, charts from explorer_charts.js. */
(() => {
  const spec = JSON.parse(document.getElementById("spec").textContent);
  const isRun = spec.kind === "run";
  const model = isRun ? runModel(spec, PROGRAMS) : functionModel(spec, PROGRAMS);
  const byId = (id) => document.getElementById(id);
  const group = (id) => byId(`figure.${id}`);
  const settings = {values: spec.sliders.map((each) => each.value), cut: {kind: "full", k: 2, at: []}, loss: "all", color: "role"};
  const start = numeric.copy(settings);
  const args = numeric.copy(spec.args);
  let known = null, shown = null, waiting = 0, view = null;

  // ---- the picture: where numbers are written ----------------------------------------------------------------------

  const boxes = spec.drawn.map((node) => {
    const place = group(node.id), shape = place && place.querySelector("path, polygon");
    const part = (kind) => place && place.querySelector(`.${kind}`);
    return {...node, place, shape, fill: shape && shape.getAttribute("fill"), value: part("value"), gradient: part("gradient"), target: part("target")};
  });
  const arrows = spec.arrows.map((arrow) => {
    const back = group(`${arrow.id}.gradient`), there = group(arrow.id);
    return {...arrow, back, there, lines: back ? [...back.querySelectorAll("path, polygon")] : [], text: back && back.querySelector(".flow"),
      product: back && back.querySelector(".product"), forward: there && there.querySelector("path")};
  });
  const svg = byId("stage").querySelector("svg");
  const original = svg.getAttribute("viewBox");
  const layer = svg.querySelector("g");

  function made(name, attributes, text = "") {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.textContent = text;
    return element;
  }
  for (const arrow of arrows) {
    if (!arrow.cut || !arrow.forward) continue;
    const length = arrow.forward.getTotalLength(), middle = arrow.forward.getPointAtLength(length / 2);
    const near = arrow.forward.getPointAtLength(length / 2 + 1), [dx, dy] = [near.x - middle.x, near.y - middle.y];
    arrow.bar = made("line", {class: "bar", x1: middle.x - 17 * dy, x2: middle.x + 17 * dy, y1: middle.y + 17 * dx, y2: middle.y - 17 * dx});
    arrow.held = made("text", {class: "held", x: middle.x, y: middle.y - 21});
    arrow.word = made("text", {class: "held", x: middle.x, y: middle.y - 32}, "blocked");
    layer.append(arrow.bar, arrow.held, arrow.word);
    if (!spec.steps.losses) continue;
    const rail = made("path", {class: "rail", d: arrow.forward.getAttribute("d")});
    rail.append(made("title", {}, `cut before step ${arrow.cut}, or no more`));
    rail.addEventListener("click", () => toggleCut(arrow.cut));
    layer.append(rail);
  }
  for (const box of boxes) {
    if (!box.place) continue;
    const room = box.shape.getBBox();
    for (const part of [box.value, box.gradient, box.target]) {
      if (!part) continue;
      part.setAttribute("text-anchor", "middle");
      part.setAttribute("x", room.x + room.width / 2);
    }
    box.place.addEventListener("pointerenter", () => describe(box));
    if (box.role !== "loss" || !isRun || box.step === undefined || box.id === spec.sum) continue;
    box.place.classList.add("loss");
    box.place.addEventListener("click", () => { settings.loss = settings.loss === box.step ? "all" : box.step; fresh(); });
  }
  function describe(box) {
    const title = box.place.querySelector("title"), gradient = shown.gradients[box.id];
    const full = (x) => (x === null || x === undefined ? "—" : JSON.stringify(x));
    title.textContent = `${box.name}\nvalue ${full(shown.values[box.id])}\n∂ ${full(gradient)}`;
  }

  // ---- computing ---------------------------------------------------------------------------------------------------

  function place(values) {
    spec.sliders.forEach((slider, i) => numeric.put(args, slider.place, values[i]));
    return args;
  }
  function compute(changed) {
    place(settings.values);
    if (!isRun) { shown = model.compute(args); return; }
    if (changed || !known) known = model.contributions(args);
    shown = model.compute(args, known, settings.cut, settings.loss);
  }

  // ---- showing -----------------------------------------------------------------------------------------------------

  function width(size, largest) {
    if (size === Infinity) return 6;
    if (!(size > 0) || !(largest > 0)) return 0.6;
    return Math.min(6, Math.max(0.6, 1.2 + 1.6 * (Math.log10(size) - Math.log10(largest) + 2)));
  }
  function mixed(from, to, part) {
    const ends = [from, to].map((color) => [1, 3, 5].map((i) => parseInt(color.slice(i, i + 2), 16)));
    const at = Math.min(1, Math.max(0, part));
    return `#${ends[0].map((a, i) => Math.round(a + at * (ends[1][i] - a)).toString(16).padStart(2, "0")).join("")}`;
  }
  const write = (element, text) => { if (element && element.textContent !== text) element.textContent = text; };

  function show() {
    const sizes = {gradient: numeric.table(), value: numeric.table()};
    for (const box of boxes) {
      if (!box.place) continue;
      const value = shown.values[box.id], gradient = shown.gradients[box.id] ?? (box.reached ? box.zero : undefined);
      if (value !== undefined) write(box.value, box.shape_text ? `${box.shape_text} ${short(value)}` : short(value));
      if (box.gradient) {
        const share = shown.shares[box.id];
        const text = gradient === undefined ? "—" : share === undefined ? short(gradient, true) : written(share, true);
        write(box.gradient, `∂ ${box.summed && gradient !== undefined ? "= Σ = " : ""}${text}`);
      }
      if (gradient !== undefined && box.gradient) sizes.gradient[box.id] = numeric.norm(gradient);
      if (value !== undefined) sizes.value[box.id] = Array.isArray(value) ? numeric.norm(value) : value;
      if (box.target) write(box.target, `target ${Array.isArray(args.targets[box.step]) ? `${box.target_text} ${short(args.targets[box.step])}` : short(args.targets[box.step])}`);
      if (isRun && box.step !== null && box.role !== "parameter" && box.id !== spec.sum) {
        const one = settings.loss !== "all", inside = !one || (box.step <= settings.loss && Math.max(0, box.step) >= shown.first[settings.loss]);
        box.place.classList.toggle("outside", !inside);
        box.place.classList.toggle("chosen", one && box.role === "loss" && box.step === settings.loss);
      }
    }
    paint(sizes);
    const flows = numeric.table();
    for (const arrow of arrows) {
      const flow = shown.flows[arrow.flow], around = shown.skips[arrow.flow];
      flows[arrow.id] = flow === undefined ? undefined : arrow.skip ? around : around === undefined ? flow : numeric.minus(flow, around);
    }
    const largest = Math.max(0, ...arrows.filter((arrow) => arrow.back && arrow.head !== spec.sum && flows[arrow.id] !== undefined)
      .map((arrow) => numeric.norm(flows[arrow.id])).filter(Number.isFinite));
    for (const arrow of arrows) {
      const flow = flows[arrow.id], held = shown.blocked[arrow.id];
      if (arrow.back) {
        arrow.back.style.visibility = flow === undefined ? "hidden" : "";
        if (flow !== undefined) {
          const pen = width(numeric.norm(flow), largest).toFixed(2);
          for (const line of arrow.lines) line.setAttribute("stroke-width", pen);
          write(arrow.text, short(flow, true));
          const local = shown.locals[arrow.id];
          if (local) write(arrow.product, `${short(local[0])} × ${short(local[1])} = `);
        }
      }
      if (arrow.bar) {
        for (const part of [arrow.bar, arrow.held, arrow.word]) part.style.display = held === undefined ? "none" : "";
        if (held !== undefined) write(arrow.held, short(held, true));
        arrow.forward.setAttribute("stroke-dasharray", held !== undefined && flow === undefined ? "5,4" : "none");
      }
    }
  }
  function paint(sizes) {
    const by = settings.color, found = by === "role" ? {} : sizes[by];
    const largest = Math.max(0, ...Object.values(found).map(Math.abs).filter(Number.isFinite));
    for (const box of boxes) {
      if (!box.shape) continue;
      const size = found[box.id];
      let fill = box.fill;
      if (by === "gradient") fill = !(size > 0) || !largest ? "#ffffff" : mixed("#ffd5b5", "#ffffff", (Math.log10(largest) - Math.log10(size)) / 3);
      if (by === "value" && size !== undefined) fill = !size || !largest ? "#ffffff" : mixed("#ffffff", size < 0 ? "#cfe6f7" : "#ffe0a3", Math.abs(size) / largest);
      box.shape.setAttribute("fill", fill);
    }
  }

  // ---- charts ------------------------------------------------------------------------------------------------------

  let curve = {};
  const kinds = ["first", "backward", "third", "pale"];
  function last() {
    if (settings.loss !== "all") return settings.loss;
    return known.losses.reduce((found, loss, t) => (loss === null ? found : t), -1);
  }
  function product(a, b) { return a.map((row) => b[0].map((_, j) => row.reduce((sum, x, k) => sum + x * b[k][j], 0))); }
  function spectral(matrix) {
    if (matrix.length === 1 && matrix[0].length === 1) return Math.abs(matrix[0][0]);
    let vector = matrix[0].map((_, i) => 1 + 0.1 * i), size = 0;
    for (let turn = 0; turn < 60; turn++) {
      const there = matrix.map((row) => row.reduce((sum, x, k) => sum + x * vector[k], 0));
      const back = matrix[0].map((_, j) => there.reduce((sum, x, i) => sum + x * matrix[i][j], 0));
      const length = numeric.norm(back);
      if (!length) return 0;
      size = Math.sqrt(length / numeric.norm(vector));
      vector = back.map((x) => x / length);
    }
    return size;
  }
  function growth() {
    const tau = last(), found = tau >= 0 ? known.of[tau] : null;
    if (!found) return;
    const lagged = (rail, first) => Array.from({length: tau + 1}, (_, lag) =>
      (tau - lag < first ? 0 : numeric.norm(rail.map((boxes) => found[tau - lag].boxes[spec.steps.nodes[tau - lag].indexOf(boxes[tau - lag])] ?? 0))));
    const series = spec.rails.map(({name, ids}, i) => ({name, kind: kinds[Math.min(i, 2)], sizes: lagged([ids], shown.first[tau])}));
    if (shown.first[tau] > 0) series.unshift({name: spec.rails.length > 1 ? "all, in full" : "in full", kind: "pale", dots: false, sizes: lagged(spec.rails.map((rail) => rail.ids), 0)});
    const what = spec.rails.length === 1 ? spec.rails[0].name : "part";
    charts.lags(byId("growth"), {label: `the size of the gradient of L_${tau}, by how many steps back`, series, xlabel: "lag, steps back", ylabel: `‖∂L_${tau} / ∂${what}‖`});
    const factors = [], products = [1];
    let running = null;
    for (let t = tau; t >= 1; t--) {
      const factor = model.factor(args, known.states, t);
      running = running ? product(running, factor) : factor;
      factors.push(spectral(factor));
      products.push(spectral(running));
    }
    charts.lags(byId("factors"), {label: "the factors of the chain rule, and their product", xlabel: "lag, steps back", ylabel: "size",
      series: [{name: "their product", kind: "backward", sizes: products}, {name: "factor", kind: "first", sizes: factors, start: 1}]});
  }
  function spectrum() {
    for (const name of spec.matrices) {
      const matrix = args.parameters[name], roots = eigenvalues(Array.isArray(matrix) ? matrix : [[matrix]]);
      charts.circle(byId("circle"), {label: `the eigenvalues of ${name} and the unit circle`, roots});
    }
  }
  function slope() {
    const number = Number(byId("along").value), slider = spec.sliders[number], values = [...settings.values];
    const loss = (value) => { values[number] = value; place(values); const found = model.loss(args); place(settings.values); return found; };
    const others = JSON.stringify([number, values.filter((_, i) => i !== number)]);
    if (curve.others !== others) {  // moving along the curve changes none of it
      const xs = Array.from({length: 61}, (_, i) => slider.low + i * (slider.high - slider.low) / 60);
      curve = {others, xs, ys: xs.map(loss)};
    }
    const present = [settings.values[number], loss(settings.values[number])];
    const rate = Number(byId("rate").value), limit = Number(byId("limit").value), steps = [];
    if (slider.gradient && rate > 0) {
      const all = isRun ? Object.keys(args.parameters).map((name) => shown.gradients[`parameter ${name}`] ?? 0) : [...new Set(spec.sliders.map(({gradient}) => gradient && gradient[0]).filter(Boolean))].map((id) => shown.gradients[id] ?? 0);
      const size = numeric.norm(all.flatMap(numeric.flat)), scale = limit > 0 && size > limit ? limit / size : 1;
      const go = (factor, kind, name) => { const to = present[0] - rate * factor * slopeOf(slider.gradient); steps.push({to, loss: loss(to), kind, name}); };
      go(1, "backward", "a step");
      if (limit > 0) go(scale, "third", scale < 1 ? "clipped" : "clipped, the same");
    }
    charts.slope(byId("slope"), {label: `the loss along ${slider.name}`, xs: curve.xs, ys: curve.ys, present, steps, xlabel: slider.name});
  }

  // ---- words: the readout, the table, the link, Python -------------------------------------------------------------

  function slopeOf([id, index]) {
    const found = shown.gradients[id];
    return found === undefined ? 0 : numeric.at(found, index);
  }
  function said() {
    const total = isRun ? known.total : shown.values[spec.function.output];
    const slopes = spec.sliders.filter(({gradient}) => gradient).map(({name, gradient}) => {
      return `∂${name} ${written(slopeOf(gradient), true)}`;
    });
    write(byId("readout"), [`L = ${written(total)}`, ...slopes].join(", "));
  }
  function table() {
    const cell = (x) => (x === undefined || x === null ? "—" : Array.isArray(x) ? JSON.stringify(x) : String(x));
    byId("numbers").replaceChildren(...boxes.filter((box) => box.role !== "operation" && box.place).map((box) => {
      const row = document.createElement("tr"), gradient = shown.gradients[box.id] ?? (box.reached ? box.zero : undefined);
      row.dataset.id = box.id;
      [box.name, cell(shown.values[box.id]), cell(gradient)].forEach((text, i) => {
        const entry = document.createElement(i ? "td" : "th");
        if (!i) entry.scope = "row";
        entry.textContent = text;
        row.append(entry);
      });
      return row;
    }), ...arrows.filter((arrow) => arrow.cut && shown.blocked[arrow.id] !== undefined).map((arrow) => {
      const row = document.createElement("tr");
      row.dataset.cut = arrow.id;
      [`blocked before step ${arrow.cut}`, "", cell(shown.blocked[arrow.id])].forEach((text, i) => {
        const entry = document.createElement(i ? "td" : "th");
        entry.textContent = text;
        row.append(entry);
      });
      return row;
    }));
  }
  const truncation = ({kind, k, at}) => (kind === "k" ? `k:${k}` : kind === "chunks" ? `chunks:${k}` : kind === "cuts" ? `cuts:${at.join(",")}` : "full");
  function link() {
    const parts = spec.sliders.flatMap(({name}, i) => (settings.values[i] === start.values[i] ? [] : [`${encodeURIComponent(name.replace(/\p{Surrogate}/gu, "\ufffd"))}=${settings.values[i]}`]));
    if (truncation(settings.cut) !== truncation(start.cut)) parts.push(`f=${truncation(settings.cut)}`);
    if (settings.loss !== start.loss) parts.push(`loss=${settings.loss}`);
    if (settings.color !== start.color) parts.push(`color=${settings.color}`);
    return parts.length ? `#${parts.join("&")}` : "#";
  }
  function follow(hash) {
    Object.assign(settings, numeric.copy(start));
    for (const part of hash.replace(/^#/, "").split("&")) {
      const at = part.indexOf("="), value = part.slice(at + 1);
      let name = part.slice(0, at);
      try { name = decodeURIComponent(name); } catch { continue; }
      const number = spec.sliders.findIndex((slider) => slider.name === name), given = Number(value);
      if (number >= 0 && value !== "" && Number.isFinite(given)) settings.values[number] = Math.min(spec.sliders[number].high, Math.max(spec.sliders[number].low, given));
      else if (isRun && name === "f") {
        const [kind, rest = ""] = value.split(":"), steps = spec.steps.kinds.length, k = Math.round(Number(rest));
        if (kind === "full") settings.cut.kind = kind;
        if ((kind === "k" || kind === "chunks") && rest !== "" && k >= (kind === "k" ? 0 : 1) && k <= steps) Object.assign(settings.cut, {kind, k});
        if (kind === "cuts") Object.assign(settings.cut, {kind, at: rest.split(",").map(Number).filter((step) => Number.isInteger(step) && step > 0 && step < steps)});
      } else if (isRun && name === "loss" && spec.steps.kinds[given] === "loss") settings.loss = given;
      else if (name === "color" && ["role", "gradient", "value"].includes(value)) settings.color = value;
    }
  }
  function python(x, whole) {
    if (x === null || x === undefined) return "None";
    if (Array.isArray(x)) return `[${x.map((part) => python(part, whole)).join(", ")}]`;
    if (typeof x === "boolean") return x ? "True" : "False";
    if (!Number.isFinite(x)) return `float("${String(x).replace("Infinity", "inf")}")`;
    return String(x) + (whole || !Number.isInteger(x) || String(x).includes("e") ? "" : ".0");
  }
  function code() {
    place(settings.values);
    const {kind, k, at} = settings.cut;
    const f = {full: "untruncated()", k: `k_truncated(${k})`, chunks: `subsequence(${k})`,
      cuts: `lambda t: max([0, *(s for s in [${at.join(", ")}] if s <= t)])`}[kind];
    const fill = (whole, name) => {
      if (name === "f") return f;
      if (name === "targets") return `[${args.targets.map((target, t) => (target === null || (settings.loss !== "all" && settings.loss !== t) ? "None"
        : Array.isArray(target) ? `np.array(${python(target, spec.whole)})` : python(target, spec.whole))).join(", ")}]`;
      const hole = spec.python.holes[Number(name)];
      return python(numeric.at(args, hole.place), hole.whole);
    };
    return spec.python.text.replace(/\u0002(\w+)\u0003/g, fill);
  }
  function hand(text, word) {
    const area = byId("handed");
    area.hidden = false;
    area.value = text;
    area.select();
    const told = (how) => write(byId("done"), `${word} ${how}`);
    if (navigator.clipboard) navigator.clipboard.writeText(text).then(() => told("copied"), () => told("stands below, selected: copy it from there"));
    else told("stands below, selected: copy it from there");
  }
  function picture() {
    const copy = svg.cloneNode(true), size = original.split(/[ ,]+/);
    for (const [name, value] of [["viewBox", original], ["width", `${size[2]}pt`], ["height", `${size[3]}pt`]]) copy.setAttribute(name, value);
    for (const rail of copy.querySelectorAll(".rail")) rail.remove();
    for (const part of copy.querySelectorAll(".bar")) { part.setAttribute("stroke", "#1b1f24"); part.setAttribute("stroke-width", "5"); }
    for (const part of copy.querySelectorAll(".held")) part.setAttribute("style", `font: 11px Helvetica, Arial, sans-serif; fill: #7a675c; text-anchor: middle; ${part.style.display ? "display: none" : ""}`);
    for (const part of copy.querySelectorAll(".outside")) part.setAttribute("opacity", "0.28");
    return new XMLSerializer().serializeToString(copy);
  }

  // ---- what moves --------------------------------------------------------------------------------------------------

  function fields() {
    spec.sliders.forEach((slider, i) => {
      byId(`slider-${i}`).value = settings.values[i];
      byId(`field-${i}`).value = Number(settings.values[i].toPrecision(6));
      byId(`slider-${i}`).setAttribute("aria-valuetext", written(settings.values[i]));
    });
    byId("color").value = settings.color;
    if (!isRun || !byId("truncation")) return;
    const {kind, k, at} = settings.cut;
    for (const radio of document.getElementsByName("f")) radio.checked = radio.value === kind;
    byId("k").disabled = byId("k-field").disabled = kind !== "k" && kind !== "chunks";
    byId("k").value = byId("k-field").value = k;
    for (const box of document.getElementsByName("cut")) box.checked = kind === "cuts" && at.includes(Number(box.value));
    byId("loss").value = settings.loss;
  }
  let frame = 0, due = {};
  function fresh(changed = false) {
    due.changed = due.changed || changed;
    if (!frame) frame = requestAnimationFrame(now);
  }
  function now() {
    frame = 0;
    const {changed} = due;
    due = {};
    compute(changed);
    fields();
    show();
    if (isRun && spec.steps.losses) growth();
    if (isRun) spectrum();
    if (byId("slope")) slope();
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      said();
      table();
      try { history.replaceState(null, "", link()); } catch { /* a page without an address of its own */ }
    }, 120);
  }
  function reveal() {
    const box = settings.loss !== "all" && boxes.find((each) => each.role === "loss" && each.step === settings.loss);
    if (box && view) view.reveal([box.place]);
  }
  function toggleCut(step) {
    const at = settings.cut.kind === "cuts" ? settings.cut.at : [];
    settings.cut = {...settings.cut, kind: "cuts", at: (at.includes(step) ? at.filter((each) => each !== step) : [...at, step]).sort((a, b) => a - b)};
    fresh();
  }
  spec.sliders.forEach((slider, i) => {
    byId(`slider-${i}`).addEventListener("input", (event) => { settings.values[i] = Number(event.target.value); fresh(true); });
    byId(`field-${i}`).addEventListener("change", (event) => {
      const given = event.target.value === "" ? NaN : Number(event.target.value);
      if (Number.isFinite(given)) settings.values[i] = Math.min(slider.high, Math.max(slider.low, given));
      fresh(true);
    });
  });
  byId("color").addEventListener("change", (event) => { settings.color = event.target.value; fresh(); });
  if (byId("truncation")) {
    for (const radio of document.getElementsByName("f")) radio.addEventListener("change", () => {
      settings.cut.kind = radio.value;
      if (radio.value === "chunks") settings.cut.k = Math.max(1, settings.cut.k);
      fresh();
    });
    for (const field of ["k", "k-field"]) byId(field).addEventListener("input", (event) => {
      const given = Math.round(Number(event.target.value)), least = settings.cut.kind === "chunks" ? 1 : 0;
      if (event.target.value !== "" && Number.isFinite(given)) settings.cut.k = Math.min(spec.steps.kinds.length, Math.max(least, given));
      fresh();
    });
    for (const box of document.getElementsByName("cut")) box.addEventListener("change", () => toggleCut(Number(box.value)));
    byId("loss").addEventListener("change", (event) => { settings.loss = event.target.value === "all" ? "all" : Number(event.target.value); fresh(); reveal(); });
  }
  for (const field of ["along", "rate", "limit"]) if (byId(field)) byId(field).addEventListener("input", () => fresh());
  byId("reset").addEventListener("click", () => { Object.assign(settings, numeric.copy(start)); fresh(true); write(byId("done"), "as at the beginning"); });
  byId("copy-link").addEventListener("click", () => hand(location.href.replace(/#.*/, "") + link(), "the link"));
  byId("copy-python").addEventListener("click", () => hand(code(), "the code"));
  byId("save-picture").addEventListener("click", () => {
    const anchor = document.createElement("a");
    anchor.href = URL.createObjectURL(new Blob([picture()], {type: "image/svg+xml"}));
    anchor.download = `${spec.file}.svg`;
    anchor.click();
    write(byId("done"), "the picture as it is now, as SVG");
  });
  addEventListener("hashchange", () => { follow(location.hash); fresh(true); reveal(); });
  follow(location.hash);
  now();
  const [, , wide, high] = original.split(/[ ,]+/).map(Number);
  const scale = Math.min(1.1, Math.max(0.65, byId("stage").clientWidth / wide));
  byId("stage").style.height = `min(64vh, ${Math.max(260, Math.round(high * scale) + 16)}px)`;
  view = pannable(byId("stage"));
  if (isRun) view.reveal(boxes.filter((box) => box.place && box.step < 2 && !["copy", "parameter"].includes(box.role)).map((box) => box.place));
  reveal();
})();
