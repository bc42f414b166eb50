// What came out of a job, by its kind.
import { fileOf, h, openJob, setText } from "./dom.js";
import { wipe } from "./wipe.js";

export function results(told, doing) {
  const result = told.result;
  const file = (name) => `${fileOf(told.job, name)}?v=${told.made}`;
  const download = (name) => `${fileOf(told.job, name)}?download`;
  const parts = [];
  if (result.before && result.after) parts.push(wipe(file(result.before), file(result.after), result.facts));
  else if (result.clip) parts.push(clip(file(result.clip), result, result.thumbnail ? file(result.thumbnail) : null));
  if (result.sheet) {
    parts.push(h("a", { href: file(result.sheet), target: "_blank", rel: "noopener" },
      h("img", { class: "fs-sheet", src: file(result.sheet), alt: "Contact sheet of the clip" })));
  }
  if (result.gates) {
    parts.push(h("p", { class: result.gates.passed ? "fs-good" : "fs-problem" },
      result.gates.passed ? "All gates passed." : result.gates.lines.join("; ")));
  }
  if (result.verdict) parts.push(h("p", { class: "fs-verdict" }, sentence(result.verdict)));
  if (result.words?.length) parts.push(h("ul", { class: "fs-words" }, ...result.words.map((line) => h("li", {}, sentence(line)))));
  if (result.rows) parts.push(costs(result.rows));
  if (result.shots) parts.push(shots(result.shots, file, doing));
  const links = [];
  if (result.clip) links.push(h("a", { class: "fs-button fs-primary", href: download(result.clip), download: "" }, "Download"));
  if (result.story) links.push(h("a", { class: "fs-button", href: download(result.story), download: "" }, "Story as a file"));
  if (result.report) links.push(h("a", { class: "fs-button", href: file(result.report), target: "_blank", rel: "noopener" }, "Report in its own tab"));
  if (links.length) parts.push(h("p", { class: "fs-row" }, ...links));
  if (result.command) parts.push(command(result.command));
  if (result.figures) parts.push(fold("Figures", figures(result.figures), false));
  if (result.plot) parts.push(fold("Flicker over time", h("img", { class: "fs-plot", src: file(result.plot), alt: "Plot of the metrics before and after smoothing, by frame", loading: "lazy" }), told.kind === "create"));
  if (result.strip) parts.push(fold("Frames and scanlines before and after", h("img", { class: "fs-plot", src: file(result.strip), alt: "Strip of frames, and one scanline over time, before and after", loading: "lazy" }), told.kind === "steady"));
  if (result.report) parts.push(report(file(result.report), told.kind === "measure"));
  return parts;
}

function sentence(text) {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}

function clip(source, result, poster) {
  const [width, height] = result.facts.size;
  const size = { style: `aspect-ratio:${width}/${height};max-width:calc(70vh * ${width / height})`, class: "fs-clip" };
  if (/\.(gif|webp)\?/.test(source)) return h("img", { ...size, src: source, alt: "The clip" });
  const video = h("video", { ...size, src: source, poster, controls: true, loop: true, playsinline: true, preload: "metadata" });
  video.muted = true;
  return video;
}

function shots(made, file, doing) {
  return h("div", { class: "fs-made-shots", role: "list", "aria-label": "Shots", tabindex: 0 }, ...made.map((shot) => {
    const video = h("video", { src: file(shot.clip), controls: true, loop: true, playsinline: true, preload: "metadata", "aria-label": `Shot ${shot.number}` });
    video.muted = true;
    const again = h("button", { type: "button", class: "fs-button fs-low", onclick: () => doing(`again?shot=${shot.number}`), "aria-label": `Make shot ${shot.number} again` }, "Again");
    return h("div", { role: "listitem" }, video, h("div", { class: "fs-row" }, h("small", {}, `${shot.number} · ${shot.from}`), again));
  }));
}

function costs(rows) {
  return h("table", { class: "fs-table" }, h("tbody", {}, ...rows.map(([what, much]) => h("tr", {}, h("th", { scope: "row" }, what), h("td", {}, much)))));
}

function figures(rows) {
  const head = ["metric", "before", "after", "change", "unit", "better"];
  return h("div", { class: "fs-scroll", tabindex: 0, role: "region", "aria-label": "Figures" },
    h("table", { class: "fs-table" },
      h("thead", {}, h("tr", {}, ...head.map((text) => h("th", { scope: "col" }, text)))),
      h("tbody", {}, ...rows.map((row) => h("tr", {},
        h("th", { scope: "row" }, row.name), h("td", { class: "fs-number" }, row.before), h("td", { class: "fs-number" }, row.after),
        h("td", { class: row.better === null ? "fs-number" : row.better ? "fs-number fs-good" : "fs-number fs-bad" }, row.change),
        h("td", {}, row.unit), h("td", {}, row.wanted))))));
}

function fold(title, content, open) {
  return h("details", { open, class: "fs-fold" }, h("summary", {}, title), content);
}

// The page of the report is only asked for when somebody looks.
function report(address, open) {
  const frame = h("iframe", { class: "fs-report", title: "Report", loading: "lazy" });
  const folded = fold("The whole report", frame, open);
  const load = () => folded.open && !frame.src && (frame.src = address);
  folded.addEventListener("toggle", load);
  load();
  return folded;
}

function command(text) {
  const button = h("button", { type: "button", class: "fs-button" }, "Copy");
  const code = h("code", { tabindex: 0 }, text);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      setText(button, "Copied");
    } catch {
      getSelection().selectAllChildren(code);
      setText(button, "Selected");
    }
    setTimeout(() => setText(button, "Copy"), 2000);
  });
  return h("div", { class: "fs-command" }, h("span", { class: "fs-label" }, "The same on the command line"), code, button);
}

export { openJob };
