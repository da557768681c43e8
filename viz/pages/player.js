"use strict";
const frames = JSON.parse(document.getElementById("frames").textContent);
const part = id => document.getElementById("play." + id);
const told = id => document.getElementById(id);
const gradient = getComputedStyle(document.documentElement).getPropertyValue("--gradient").trim().toLowerCase();
const boxes = frames.filter(f => f.kind === "forward").flatMap(f => f.nodes);
const arrows = new Map();
for (const each of document.querySelectorAll("#stage g.edge")) {
  const id = each.id.slice(5), back = id.endsWith(".gradient");
  arrows.set(id, [each, back ? id.slice(0, -9) : null]);
}
const written = new Map(), printed = new Map();
for (const id of new Set(frames.flatMap(f => Object.keys(f.texts)))) {
  const texts = part(id) ? [...part(id).querySelectorAll("text")] : [];
  const last = texts.filter(t => (t.getAttribute("fill") || "").toLowerCase() === gradient).pop();
  if (!last) continue;
  if (last.getAttribute("text-anchor") === "start") {  // what is written anew stands where the middle was
    last.setAttribute("x", Number(last.getAttribute("x")) + (Number(last.getAttribute("textLength")) || 0) / 2);
    last.setAttribute("text-anchor", "middle");
  }
  last.removeAttribute("textLength");
  last.removeAttribute("lengthAdjust");
  if (Object.hasOwn(frames[0].texts, id)) written.set(id, last); else printed.set(id, [last, last.textContent]);
}
const ends = new Map();
for (const [id, [each, forward]] of arrows) {
  const title = each.querySelector("title");
  if (forward === null && title) ends.set(id, title.textContent.split("->"));
}
const held = new Set(frames.flatMap(f => f.cuts));
const shapes = [...document.querySelectorAll("#stage g.node")].filter(g => !g.id.slice(5).startsWith("~"));
const look = pannable(told("stage"), { always: true, legible: 0.6 });
let now = 0, timer = null;

function show(place) {
  now = Math.max(0, Math.min(frames.length - 1, place));
  const done = new Set(), lit = new Set(), texts = Object.create(null);
  let window_ = [];
  for (let i = 0; i <= now; i++) {
    const f = frames[i];
    if (f.fresh) { lit.clear(); window_ = f.window; }
    if (f.kind === "sum") window_ = [];
    f.nodes.forEach(id => done.add(id));
    [...f.edges, ...f.cuts].forEach(id => lit.add(id));
    Object.assign(texts, f.texts);
  }
  for (const id of boxes) if (part(id)) part(id).classList.toggle("later", !done.has(id));
  for (const id of held)
    for (const shape of [part(id), part(id + ".blocked")]) if (shape) shape.classList.toggle("dark", !lit.has(id));
  for (const [id, [each, forward]] of arrows) {
    if (forward !== null) each.classList.toggle("dark", !lit.has(forward));
    else each.classList.toggle("later", boxes.includes((ends.get(id) || [])[1]) && !done.has(ends.get(id)[1]));
  }
  for (const [id, text] of written) text.textContent = texts[id];
  for (const [id, [text, first]] of printed) text.textContent = id in texts ? texts[id] : first;
  const within = new Set(window_);
  for (const shape of shapes) {
    const id = shape.id.slice(5).replace(/\.blocked$/, "");
    shape.classList.toggle("outside", window_.length > 0 && !within.has(id) && !held.has(id));
  }
  for (const each of document.querySelectorAll(".now")) each.classList.remove("now", "ahead");
  const frame = frames[now], box = frame.node && part(frame.node);
  if (box) {
    box.classList.add("now");
    if (frame.kind === "forward") box.classList.add("ahead");
  }
  look.reveal([...frame.speaks.map(part), box].filter(each => each));
  told("sentence").textContent = frame.sentence;
  told("rule").textContent = frame.rule ? "local gradient: " + frame.rule.replaceAll("; ", "\n") : "";
  told("numbers").replaceChildren(...frame.numbers.map(n => {
    const item = document.createElement("li");
    item.textContent = n;
    return item;
  }));
  told("slider").value = now;
  told("slider").setAttribute("aria-valuetext", frame.sentence);
  told("place").textContent = now + " / " + (frames.length - 1);
  document.body.dataset.frame = now;
  try { history.replaceState(null, "", "#frame=" + now); } catch (refused) { /* a page without an address */ }
}

function play(on) {
  clearInterval(timer);
  timer = on ? setInterval(() => now < frames.length - 1 ? show(now + 1) : play(false), 1600) : null;
  told("play").textContent = on ? "pause" : "play";
  told("play").setAttribute("aria-pressed", on);
}

function toggle() { if (timer === null && now === frames.length - 1) show(0); play(timer === null); }
function step(place) { play(false); show(place); }
function addressed() {
  const found = /frame=(\d+)/.exec(location.hash);
  return found ? Number(found[1]) : 0;
}

told("first").onclick = () => step(0);
told("back").onclick = () => step(now - 1);
told("forth").onclick = () => step(now + 1);
told("last").onclick = () => step(frames.length - 1);
told("play").onclick = toggle;
told("slider").oninput = event => step(Number(event.target.value));
addEventListener("hashchange", () => { if (addressed() !== now) step(addressed()); });
addEventListener("keydown", event => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const moves = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: frames.length - 1 };
  if (event.key in moves) { event.preventDefault(); step(moves[event.key]); }
  else if (event.key === " " && event.target.tagName !== "BUTTON") { event.preventDefault(); toggle(); }
});
show(addressed());
