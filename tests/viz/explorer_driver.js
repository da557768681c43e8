// Moves everything on an explorer's page, and reports what was shown. `asked` are addresses, and names for what they show.
const report = {errors: [], moves: [], unnamed: []};
window.requestAnimationFrame = (draw) => setTimeout(draw, 1); // frames don't come by in virtual time
addEventListener("error", (event) => report.errors.push(event.message));
addEventListener("unhandledrejection", (event) => report.errors.push(String(event.reason)));
addEventListener("securitypolicyviolation", (event) => report.errors.push(event.blockedURI));
const complain = console.error;
console.error = (...texts) => { report.errors.push(texts.join(" ")); complain(...texts); };
const settled = () => new Promise((go) => {
  const watch = new MutationObserver(() => { watch.disconnect(); go(); });
  watch.observe(document.getElementById("numbers"), {childList: true});
});
const text = (id, kind) => document.querySelector(`[id="figure.${id}"] .${kind}`)?.textContent;
function seen() {
  const rows = Object.fromEntries([...document.querySelectorAll("#numbers tr[data-id]")].map((row) =>
    [row.dataset.id, [row.cells[1].textContent, row.cells[2].textContent, text(row.dataset.id, "value"), text(row.dataset.id, "gradient")]]));
  const cuts = Object.fromEntries([...document.querySelectorAll("#numbers tr[data-cut]")].map((row) => [row.dataset.cut, row.cells[2].textContent]));
  const widths = Object.fromEntries([...document.querySelectorAll(".edge[id$='.gradient']")].filter((edge) => edge.style.visibility !== "hidden")
    .map((edge) => [edge.id.slice(7, -9), [Number(edge.querySelector("path").getAttribute("stroke-width")), edge.querySelector(".flow")?.textContent]]));
  return {rows, cuts, widths, readout: document.getElementById("readout").textContent, hash: location.hash};
}
function named(field) {
  const label = field.labels && field.labels[0] ? field.labels[0].textContent : "";
  return (field.getAttribute("aria-label") || label || (field.tagName === "BUTTON" ? field.textContent : "")).trim();
}
addEventListener("load", async () => {
  const spec = JSON.parse(document.getElementById("spec").textContent);
  report.title = document.title;
  if (!document.querySelector("#numbers tr")) await settled();
  report.start = seen();
  for (const [number, slider] of spec.sliders.entries()) {
    for (const part of [0, 0.25, 0.5, 0.75, 1]) {
      const field = document.getElementById(`slider-${number}`);
      field.value = slider.low + part * (slider.high - slider.low);
      field.dispatchEvent(new Event("input"));
      await settled();
      report.moves.push({number, value: Number(field.value), ...seen()});
    }
    document.getElementById("reset").click();
    await settled();
  }
  report.reset = seen();
  for (const [hash, name] of asked) {
    location.hash = hash;
    await settled();
    report[name] = seen();
  }
  document.getElementById("copy-python").click();
  const rails = [...document.querySelectorAll(".rail")].filter((rail) => /before step (3|6),/.test(rail.textContent));
  if (rails.length === 2 && document.getElementById("figure.L_5")) {
    report.python = document.getElementById("handed").value;
    document.getElementById("copy-link").click();
    report.link = document.getElementById("handed").value;
    for (const element of [document.getElementById("reset"), ...rails, document.getElementById("figure.L_5")]) {
      element.dispatchEvent(new MouseEvent("click", {bubbles: true}));
      await settled();
    }
    report.clicked = {...seen(), cuts_checked: [...document.getElementsByName("cut")].filter((box) => box.checked).map((box) => box.value),
      loss: document.getElementById("loss").value, dim: [...document.querySelectorAll(".outside")].map((box) => box.id.slice(7))};
    document.getElementById("figure.L_5").dispatchEvent(new MouseEvent("click", {bubbles: true}));
    await settled();
    report.unclicked = document.getElementById("loss").value;
  }
  report.python ??= document.getElementById("handed").value;
  document.getElementById("copy-link").click();
  report.link ??= document.getElementById("handed").value;
  for (const field of document.querySelectorAll("input, select, button, textarea")) if (!named(field)) report.unnamed.push(field.outerHTML);
  let file;
  URL.createObjectURL = (blob) => { file = blob; return "#"; };
  HTMLAnchorElement.prototype.click = () => {};
  document.getElementById("save-picture").click();
  report.picture = await file.text();
  const ids = [...document.querySelectorAll("[id]")].map((each) => each.id);
  report.doubled = ids.filter((id, i) => ids.indexOf(id) !== i);
  report.jumps = document.querySelectorAll("[tabindex]:not([tabindex='0'])").length;
  report.requests = performance.getEntriesByType("resource").map((each) => each.name);
  parent.postMessage(JSON.stringify(report), "*");
});
