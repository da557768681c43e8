"use strict";
const frames = JSON.parse(document.getElementById("frames").textContent);
const part = id => document.getElementById("play." + id);
const told = id => document.getElementById(id);
const gradient = getComputedStyle(document.documentElement).getPropertyValue("--gradient").trim().toLowerCase();
const boxes = frames.filter(f => f.kind === "forward").map(f => f.node);
const arrows = new Map();
for (const each of document.querySelectorAll("#stage g.edge")) {
  const id = each.id.slice(5), back = id.endsWith(".gradient");
  arrows.set(id, [each, back ? id.slice(0, -9) : null]);
}
const written = new Map();
for (const id of Object.keys(frames[0].texts)) {
  const texts = part(id) ? [...part(id).querySelectorAll("text")] : [];
  const last = texts.filter(t => (t.getAttribute("fill") || "").toLowerCase() === gradient).pop();
  if (last) { last.removeAttribute("textLength"); last.removeAttribute("lengthAdjust"); written.set(id, last); }
}
const entered = new Map();
for (const [id, [each, forward]] of arrows) {
  const title = each.querySelector("title");
  if (forward === null && title) entered.set(id, title.textContent.split("->").slice(-1)[0]);
}
const held = new Set(frames.flatMap(f => f.cuts));
let now = 0, timer = null;

function show(place) {
  now = Math.max(0, Math.min(frames.length - 1, place));
  const done = new Set(), lit = new Set(), texts = {};
  for (let i = 0; i <= now; i++) {
    const f = frames[i];
    if (f.kind === "forward") done.add(f.node);
    [...f.edges, ...f.cuts].forEach(id => lit.add(id));
    Object.assign(texts, f.texts);
  }
  for (const id of boxes) if (part(id)) part(id).classList.toggle("later", !done.has(id));
  for (const id of held)
    for (const shape of [part(id), part(id + ".blocked")]) if (shape) shape.classList.toggle("dark", !lit.has(id));
  for (const [id, [each, forward]] of arrows) {
    if (forward !== null) each.classList.toggle("dark", !lit.has(forward));
    else each.classList.toggle("later", boxes.includes(entered.get(id)) && !done.has(entered.get(id)));
  }
  for (const [id, text] of written) text.textContent = texts[id];
  for (const each of document.querySelectorAll(".now")) each.classList.remove("now", "ahead");
  const frame = frames[now], box = frame.node && part(frame.node);
  if (box) {
    box.classList.add("now");
    if (frame.kind === "forward") box.classList.add("ahead");
    follow(box);
  }
  told("sentence").textContent = frame.sentence;
  told("rule").textContent = frame.rule ? "local gradient: " + frame.rule : "";
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

function follow(box) {
  const stage = told("stage"), a = box.getBoundingClientRect(), b = stage.getBoundingClientRect();
  if (a.left < b.left + 40 || a.right > b.right - 40)
    stage.scrollLeft += a.left + a.width / 2 - b.left - b.width / 2;
  if (a.top < b.top + 40 || a.bottom > b.bottom - 40)
    stage.scrollTop += a.top + a.height / 2 - b.top - b.height / 2;
}

function fit() {
  const svg = document.querySelector("#stage svg"), stage = told("stage");
  const [, , width, height] = svg.getAttribute("viewBox").split(/[ ,]+/).map(Number);
  const scale = Math.max(.72, Math.min(1.5, (stage.clientWidth - 24) / width, (stage.clientHeight - 24) / height));
  svg.setAttribute("width", width * scale);
  svg.setAttribute("height", height * scale);
}

function play(on) {
  clearInterval(timer);
  timer = on ? setInterval(() => now < frames.length - 1 ? show(now + 1) : play(false), 1100) : null;
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
addEventListener("resize", fit);
addEventListener("keydown", event => {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const moves = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: frames.length - 1 };
  if (event.key in moves) { event.preventDefault(); step(moves[event.key]); }
  else if (event.key === " " && event.target.tagName !== "BUTTON") { event.preventDefault(); toggle(); }
});
fit();
show(addressed());
