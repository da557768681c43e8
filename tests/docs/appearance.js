"use strict";
/* Measures pages in a frame, narrow and wide: what makes one scroll sideways, and text that can hardly be read.
   `pages` and `widths` are set before this runs; what is wrong is posted back, a line each. */
const LEAST = 3;  // contrast, by the formula of WCAG 2

function channels(color) {
  const [red, green, blue, alpha = 1] = color.match(/[\d.]+/g).map(Number);
  return [red, green, blue, alpha];
}
function luminance(color) {
  const [red, green, blue] = color.map(value => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}
function over(above, below) {
  const share = above[3];
  return [0, 1, 2].map(place => share * above[place] + (1 - share) * below[place]).concat(1);
}
/* The color behind an element; null where a picture is. */
function behind(element, canvas) {
  const layers = [];
  for (let node = element; node; node = node.parentElement) {
    const style = node.ownerDocument.defaultView.getComputedStyle(node);
    if (style.backgroundImage !== "none") return null;
    const color = channels(style.backgroundColor);
    if (color[3]) layers.push(color);
    if (color[3] === 1) break;
  }
  return layers.reduceRight((below, above) => over(above, below), canvas);
}
function words(element) {
  return [...element.childNodes].filter(node => node.nodeType === 3).map(node => node.data).join(" ").trim();
}
function* faint(page, canvas) {
  for (const element of page.body.querySelectorAll("*")) {
    if (!words(element) || element.closest("svg, script, style, noscript, option")) continue;
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    const background = behind(element, canvas);
    if (!background) continue;
    const ink = over(channels(page.defaultView.getComputedStyle(element).color), background);
    const ratio = contrast(ink, background);
    if (ratio < LEAST) yield "has text of contrast " + ratio.toFixed(1) + ": " + words(element).slice(0, 60);
  }
}
function* sideways(page, width) {
  const root = page.scrollingElement;
  if (root.scrollWidth <= root.clientWidth) return;
  const reach = element => element.getBoundingClientRect().right;
  const all = [...page.body.querySelectorAll("*")].filter(element => element.checkVisibility());
  const widest = all.reduce((one, other) => (reach(other) > reach(one) ? other : one), page.body);
  yield "scrolls sideways at " + width + " pixels, by " + (root.scrollWidth - root.clientWidth) + ": " +
    widest.tagName.toLowerCase() + " " + widest.textContent.trim().slice(0, 60);
}

async function measured() {
  const frame = document.querySelector("iframe"), faults = [];
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  for (const path of pages) {
    frame.width = widths[0];
    const loaded = new Promise(resolve => { frame.onload = resolve; });
    frame.src = path;
    await loaded;
    const page = frame.contentDocument, scheme = page.defaultView.getComputedStyle(page.documentElement).colorScheme;
    const canvas = dark && scheme.includes("dark") ? [18, 18, 18, 1] : [255, 255, 255, 1];
    for (const width of widths) {
      frame.width = width;
      await new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      for (const fault of sideways(page, width)) faults.push(path + " " + fault);
    }
    for (const fault of new Set(faint(page, canvas))) faults.push(path + " " + fault + (dark ? ", in the dark" : ""));
  }
  return faults;
}
measured().catch(error => [String(error)]).then(faults => fetch("/", { method: "POST", body: JSON.stringify(faults) }));
