"use strict";
/* Figures that can be touched: a box that is clicked or focused shows its value and its gradient as heat maps; a use of
   a weight under the pointer lights its step; steps fold and unfold; pan.js zooms and pans. */
function touched(holder) {
  const legible = 0.5;  // pixels to a unit of the picture at which its text can be read
  const data = JSON.parse(holder.querySelector("script").textContent), prefix = holder.dataset.prefix + ".";
  const stage = holder.querySelector(".stage"), svg = stage.querySelector("svg");
  const part = id => document.getElementById(prefix + id);
  const groups = [...svg.querySelectorAll("g.node, g.edge, g.cluster")];
  const key = group => group.id.slice(prefix.length);
  const panel = document.createElement("div"), boxes = Object.keys(data.boxes).filter(part);
  const [, , wide, high] = svg.getAttribute("viewBox").split(/[ ,]+/).map(Number);
  panel.className = "panel";
  panel.setAttribute("role", "region");
  panel.setAttribute("aria-live", "polite");
  panel.setAttribute("aria-label", "what the chosen box holds");
  svg.setAttribute("role", "group");  // an image would hide its boxes from a screen reader
  stage.setAttribute("role", "group");
  stage.setAttribute("aria-label", holder.dataset.name + ": arrow keys go from box to box, + and − zoom");
  stage.style.aspectRatio = wide + " / " + high;
  stage.style.minHeight = Math.max(192, Math.min(legible * high, 352)) + "px";  // in a narrow window, too, from top to bottom

  // ---- numbers ----
  function written(value) {
    if (typeof value !== "number") return String(value);
    const size = Math.abs(value), sign = value < 0 ? "−" : "";
    if (size === 0) return "0";
    if (size < 1e5 && Number.isInteger(size)) return sign + size;
    if (size >= 0.01 && size < 1000) return sign + size.toFixed(size < 10 ? 3 : size < 100 ? 2 : 1);
    const [mantissa, exponent] = size.toExponential(1).split("e");
    return sign + mantissa + "e" + exponent.replace("+", "").replace("-", "−");
  }
  function color(value, largest) {
    if (typeof value !== "number" || !largest || !value) return "transparent";
    const share = Math.round(12 + 68 * Math.abs(value) / largest);
    return "color-mix(in srgb, var(" + (value < 0 ? "--below" : "--above") + ") " + share + "%, transparent)";
  }
  function heat(grid, name) {
    const table = document.createElement("table"), caption = table.createCaption();
    if (!grid) {
      caption.textContent = name + ": — (none was computed)";
      return table;
    }
    const { shape, rows } = grid, flat = rows.flat().filter(value => typeof value === "number");
    const largest = Math.max(...flat.map(Math.abs), 0), alone = !shape.length;
    caption.textContent = name + (alone ? "" : " [" + shape.join("×") + "]");
    if (!alone && shape.reduce((a, b) => a * b, 1) > rows.length * (rows[0] || []).length)
      caption.textContent += ", the first " + rows.length + " × " + rows[0].length;
    if (!alone && rows.length) {
      const head = table.createTHead().insertRow();
      head.append(document.createElement("td"));
      rows[0].forEach((_, column) => {
        const cell = document.createElement("th");
        cell.scope = "col";
        cell.textContent = column;
        head.append(cell);
      });
    }
    const body = table.createTBody();
    rows.forEach((row, number) => {
      const line = body.insertRow();
      if (!alone) {
        const cell = document.createElement("th");
        cell.scope = "row";
        cell.textContent = number;
        line.append(cell);
      }
      for (const value of row) {
        const cell = line.insertCell();
        cell.textContent = written(value);
        cell.title = value;
        cell.style.backgroundColor = color(value, largest);
      }
    });
    return table;
  }
  function norm(grid) { return Math.hypot(...grid.rows.flat().filter(value => typeof value === "number")); }
  function size(grid) {
    if (!grid) return "not computed";
    return grid.shape.length ? "‖" + written(norm(grid)) + "‖" : written(grid.rows[0][0]);
  }

  // ---- boxes ----
  let chosen = null;
  function show(id) {
    chosen = id;
    for (const each of boxes) part(each).classList.toggle("chosen", each === id);
    const held = data.boxes[id], head = document.createElement("h3"), maps = document.createElement("div");
    head.textContent = held.name + (held.notes ? " · " + held.notes.join(" · ") : "");
    maps.className = "maps";
    if ("value" in held) maps.append(heat(held.value, "value"));
    if ("gradient" in held) maps.append(heat(held.gradient, "gradient"));
    panel.replaceChildren(head, maps);
  }
  function light(id) {
    const step = id && data.uses[id], lit = new Set(step ? data.steps[step] : []);
    stage.classList.toggle("lighting", lit.size > 0);
    for (const group of groups) {
      const title = group.querySelector("title"), ends = title ? title.textContent.split("->") : [];
      group.classList.toggle("lit", lit.has(key(group)) || (ends.length === 2 && ends.every(end => lit.has(end))));
    }
  }
  function focus(id) {
    for (const each of boxes) part(each).tabIndex = each === id ? 0 : -1;
    part(id).focus({ preventScroll: true });
    look.reveal([part(id)]);
  }
  /* The nearest box in a direction; what lies aside counts twice. */
  function neighbour(id, [right, down]) {
    const middle = each => {
      const box = part(each).getBoundingClientRect();
      return [box.x + box.width / 2, box.y + box.height / 2];
    };
    const [x, y] = middle(id);
    let best = null, least = Infinity;
    for (const each of boxes) {
      if (each === id || part(each).classList.contains("folded")) continue;
      const [a, b] = middle(each), ahead = (a - x) * right + (b - y) * down;
      const aside = Math.abs((a - x) * down) + Math.abs((b - y) * right);
      if (ahead > 4 && ahead + 2 * aside < least) { least = ahead + 2 * aside; best = each; }
    }
    return best;
  }
  const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  boxes.forEach((id, place) => {
    const box = part(id), held = data.boxes[id];
    box.setAttribute("role", "button");
    box.setAttribute("tabindex", place ? -1 : 0);
    box.setAttribute("aria-label", held.name + ("value" in held ? ", value " + size(held.value) : "") +
      ("gradient" in held ? ", gradient " + size(held.gradient) : ""));
    box.addEventListener("click", () => { focus(id); show(id); });
    box.addEventListener("focus", () => { show(id); light(id); });
    box.addEventListener("blur", () => light(null));
    box.addEventListener("pointerenter", () => light(id));
    box.addEventListener("pointerleave", () => light(null));
    box.addEventListener("keydown", event => {
      if (event.shiftKey || event.altKey || event.ctrlKey || event.metaKey) return;
      if (event.key in ways) {
        const next = neighbour(id, ways[event.key]);
        if (next) focus(next);
      } else if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
    });
  });

  // ---- folding: the room of a step is narrowed, and what is to its right moves up ----
  const SLOT = 30, order = Object.keys(data.steps).map(Number).sort((a, b) => a - b).map(String), folded = new Set();
  const first = new Map();
  for (const group of groups)
    for (const shape of group.querySelectorAll("path, polygon, text"))
      first.set(shape, ["d", "points", "x"].filter(name => shape.hasAttribute(name))
        .map(name => [name, shape.getAttribute(name)]));
  const ranges = new Map(order.map(step => {
    const there = data.steps[step].map(part).filter(each => each).map(each => each.getBBox());
    return [step, [Math.min(...there.map(b => b.x)) - 8, Math.max(...there.map(b => b.x + b.width)) + 8]];
  }));
  const all = boxes.map(id => part(id).getBBox());
  const roof = Math.min(...all.map(b => b.y)), floor = Math.max(...all.map(b => b.y + b.height));
  const fixed = group => key(group).startsWith("~") &&
    (group.getBBox().y > floor || group.getBBox().y + group.getBBox().height < roof);
  const moving = groups.filter(group => !fixed(group));
  function slots() {
    const joined = [];
    for (const step of order.filter(each => folded.has(each))) {
      const [start, end] = ranges.get(step), last = joined[joined.length - 1];
      if (last && order.indexOf(step) === last.to + 1) { last.end = end; last.to += 1; last.steps.push(step); }
      else joined.push({ start, end, to: order.indexOf(step), steps: [step] });
    }
    return joined;
  }
  function place(joined, x) {
    let moved = 0;
    for (const { start, end } of joined) {
      const saved = Math.max(0, end - start - SLOT);
      if (x >= end) moved += saved;
      else if (x > start) moved += saved * (x - start) / (end - start);
    }
    return Math.round((x - moved) * 100) / 100;
  }
  function fold() {
    const joined = slots(), gone = new Set(joined.flatMap(slot => slot.steps.flatMap(step => data.steps[step])));
    for (const each of svg.querySelectorAll("g.fold")) each.remove();
    for (const group of moving) {
      const title = group.querySelector("title"), ends = title ? title.textContent.split("->") : [];
      const between = ends.length === 2 && ends.every(end => gone.has(end));
      group.classList.toggle("folded", between || gone.has(key(group).replace(/\.blocked$/, "")));
      for (const shape of group.querySelectorAll("path, polygon, text"))
        for (const [name, value] of first.get(shape))
          shape.setAttribute(name, name === "x" ? place(joined, Number(value))
            : value.replace(/(-?[\d.]+),(-?[\d.]+)/g, (_, x, y) => place(joined, Number(x)) + "," + y));
    }
    for (const { start, end, steps } of joined) {
      const sizes = steps.flatMap(step => data.steps[step]).filter(id => data.states.includes(id))
        .map(id => data.boxes[id].gradient).filter(grid => grid).map(norm);
      const [mark, box, words] = ["g", "rect", "text"].map(name => document.createElementNS(svg.namespaceURI, name));
      const left = place(joined, start), right = place(joined, end), middle = (left + right) / 2 + 4;
      const extent = { x: left + 3, y: roof, width: right - left - 6, height: floor - roof, rx: 6 };
      mark.setAttribute("class", "fold");
      for (const [name, value] of Object.entries(extent)) box.setAttribute(name, value);
      words.setAttribute("transform", "translate(" + middle + " " + (roof + floor) / 2 + ") rotate(-90)");
      const range = sizes.length ? ", |∂| " + written(Math.min(...sizes)) + " … " + written(Math.max(...sizes)) : "";
      const last = steps.length > 1 ? " … " + data.names[steps[steps.length - 1]] : "";
      words.textContent = "⋯ " + data.names[steps[0]] + last + range;
      mark.append(box, words);
      svg.append(mark);
    }
    look.extent(place(joined, wide));
  }

  holder.append(panel);
  const look = pannable(stage, { legible });
  if (order.length > 2) {
    const bar = document.createElement("div");
    bar.className = "steps";
    bar.setAttribute("role", "group");
    bar.setAttribute("aria-label", "fold steps");
    bar.append("fold ");
    const buttons = order.map(step => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = data.names[step];
      button.setAttribute("aria-pressed", "false");
      button.onclick = () => {
        if (!folded.delete(step)) folded.add(step);
        button.setAttribute("aria-pressed", String(folded.has(step)));
        fold();
      };
      return button;
    });
    bar.append(...buttons);
    stage.after(bar);
    holder.fold = steps => {
      folded.clear();
      steps.forEach(step => folded.add(step));
      buttons.forEach((button, place) => button.setAttribute("aria-pressed", String(folded.has(order[place]))));
      fold();
    };
  }
}
/* In a notebook's frame that asks for it, the frame is as high as what is in it. */
function fitted(frame) {
  if (!frame || frame.dataset.height !== "fitted") return;
  document.body.classList.add("fitted");
  function fit() {
    const height = Math.ceil(document.documentElement.getBoundingClientRect().height);
    if (height) frame.style.height = height + "px";
  }
  fit();
  new ResizeObserver(fit).observe(document.body);
}
for (const holder of document.querySelectorAll(".touch")) touched(holder);
fitted(window.frameElement);
