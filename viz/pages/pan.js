"use strict";
/* Zoom and pan of the one SVG in a stage; what the picture says is not known here.
   `pannable(stage)` gives fit(), zoom(factor, at), move(dx, dy), reveal(elements), extent(width) and scale(), pixels to
   a unit of the picture. With `always` the wheel zooms by itself, in a window of its own; else with Ctrl or ⌘, so that
   a page scrolls. Fingers pinch, a drag pans, + − 0 and Shift with an arrow do the same on the focused stage. */
function pannable(stage, { always = false, legible = 0.6 } = {}) {
  const svg = stage.querySelector("svg");
  let [left, top, width, height] = svg.getAttribute("viewBox").split(/[ ,]+/).map(Number);
  const held = new Map();
  let x = left, y = top, scale = 1, fitted = true, free = true, apart = 0, sought = [];  // free: nobody chose a scale
  for (const name of ["width", "height", "style"]) svg.removeAttribute(name);
  stage.classList.add("pannable");
  stage.style.touchAction = always ? "none" : "pan-y";

  const whole = [left, top, width, height].join(" ");
  let paper = false;  // on paper the picture is whole
  function draw() {
    svg.setAttribute("viewBox", paper ? whole : [x, y, stage.clientWidth / scale, stage.clientHeight / scale].join(" "));
  }
  function least() { return Math.min(stage.clientWidth / width, stage.clientHeight / height) || 1; }
  function fit() {
    fitted = true;
    scale = Math.min(least(), 1.6);
    x = left + (width - stage.clientWidth / scale) / 2;
    y = top + (height - stage.clientHeight / scale) / 2;
    draw();
  }
  function zoom(factor, at = [stage.clientWidth / 2, stage.clientHeight / 2]) {
    const wanted = Math.max(Math.min(0.8 * least(), 1), Math.min(scale * factor, 6));
    x += at[0] / scale - at[0] / wanted;
    y += at[1] / scale - at[1] / wanted;
    scale = wanted;
    fitted = false;
    draw();
  }
  function move(dx, dy) { x -= dx / scale; y -= dy / scale; fitted = false; draw(); }

  /* Where elements lie, in units of the picture. */
  function bounds(elements) {
    const frame = stage.getBoundingClientRect(), boxes = elements.map(element => element.getBoundingClientRect());
    const across = value => x + (value - frame.left) / scale, down = value => y + (value - frame.top) / scale;
    return [Math.min(...boxes.map(box => across(box.left))), Math.min(...boxes.map(box => down(box.top))),
      Math.max(...boxes.map(box => across(box.right))), Math.max(...boxes.map(box => down(box.bottom)))];
  }
  /* Bring elements into the window: by a move, and if they need more room than there is, by zooming out. Unless a
     scale was chosen, it is one at which text can be read. */
  function reveal(elements, margin = 16) {
    sought = elements;
    if (!elements.length || !stage.clientWidth) return;
    if (free && Math.min(least(), 1.6) >= legible) { fit(); return; }
    const [west, north, east, south] = bounds(elements);
    const wide = stage.clientWidth - 2 * margin, high = stage.clientHeight - 2 * margin;
    const room = Math.min(wide / Math.max(east - west, 1), high / Math.max(south - north, 1));
    const wanted = Math.min(room, free ? legible : scale);
    if (Math.abs(wanted / scale - 1) > 0.01) zoom(wanted / scale);
    const edge = margin / scale;
    const right = x + stage.clientWidth / scale, bottom = y + stage.clientHeight / scale;
    const aside = west - edge < x ? west - edge - x : Math.max(0, east + edge - right);
    const along = north - edge < y ? north - edge - y : Math.max(0, south + edge - bottom);
    if (aside || along) { x += aside; y += along; fitted = false; draw(); }
  }
  /* The whole if its text can be read then, else the part that begins at its lower left, which time starts from. */
  function begin() {
    fit();
    if (scale < legible) { zoom(legible / scale); x = left; y = top + height - stage.clientHeight / scale; draw(); }
  }

  function chosen(factor) { free = false; zoom(factor); }
  function place(event) {
    const frame = stage.getBoundingClientRect();
    return [event.clientX - frame.left, event.clientY - frame.top];
  }
  stage.addEventListener("wheel", event => {
    if (!always && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    free = false;
    zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), place(event));
  }, { passive: false });
  stage.addEventListener("pointerdown", event => {
    if (event.button || event.target.closest(".zoom")) return;
    held.set(event.pointerId, place(event));
    apart = 0;
  });
  stage.addEventListener("pointermove", event => {
    const before = held.get(event.pointerId), now = place(event);
    if (!before) return;
    if (held.size === 1) {
      if (!stage.hasPointerCapture(event.pointerId)) {  // a click stays one up to three pixels
        if (Math.hypot(now[0] - before[0], now[1] - before[1]) < 4) return;
        stage.setPointerCapture(event.pointerId);
      }
      move(now[0] - before[0], now[1] - before[1]);
    }
    held.set(event.pointerId, now);
    if (held.size === 2) {
      const [one, other] = [...held.values()], distance = Math.hypot(one[0] - other[0], one[1] - other[1]);
      free = false;
      if (apart) zoom(distance / apart, [(one[0] + other[0]) / 2, (one[1] + other[1]) / 2]);
      apart = distance;
    }
  });
  for (const end of ["pointerup", "pointercancel", "pointerleave"])
    stage.addEventListener(end, event => { held.delete(event.pointerId); apart = 0; });
  stage.addEventListener("keydown", event => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const moves = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
    if (event.key === "+" || event.key === "=") chosen(1.25);
    else if (event.key === "-") chosen(0.8);
    else if (event.key === "0") fit();
    else if (event.shiftKey && event.key in moves) move(...moves[event.key]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  const bar = document.createElement("div");
  bar.className = "zoom";
  for (const [sign, label, act] of
    [["−", "zoom out", () => chosen(0.8)], ["fit", "fit the whole picture", fit], ["+", "zoom in", () => chosen(1.25)]]) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = sign;
    button.setAttribute("aria-label", label);
    button.title = label;
    button.onclick = act;
    bar.append(button);
  }
  stage.append(bar);
  new ResizeObserver(() => { if (fitted) fit(); else draw(); if (free) reveal(sought); }).observe(stage);
  addEventListener("beforeprint", () => { paper = true; draw(); });
  addEventListener("afterprint", () => { paper = false; draw(); });
  begin();
  function extent(wide) { width = wide; if (fitted) fit(); else draw(); }  // the picture has become narrower
  return { fit, zoom, move, reveal, extent, scale: () => scale };
}
