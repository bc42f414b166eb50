// Everything that was made. Cards are kept and changed in place: nothing jumps, and the focus stays.
import { act, duration, fileOf, get, h, openJob, poll, setText } from "./dom.js";

const KINDS = { board: "board", create: "clip", preview: "preview", steady: "steadied", upscale: "enlarged", measure: "measured", story: "film" };
const WORDS = { queued: "waiting", running: "being made", stopped: "stopped", failed: "failed", done: "done" };
const ACTIVE = ["queued", "running"];

export function runsList(element) {
  const holder = element.querySelector(".fs-runs") ?? element;
  const problem = h("p", { class: "fs-problem", role: "alert", hidden: true });
  const list = h("ul", { class: "fs-cards" });
  const empty = h("p", { class: "fs-empty", hidden: true }, "Nothing has been made yet. Begin on the page Create or Steady.");
  const newer = h("button", { type: "button", class: "fs-button" }, "Newer");
  const older = h("button", { type: "button", class: "fs-button" }, "Older");
  const where = h("span", { class: "fs-count" });
  const pager = h("p", { class: "fs-row", hidden: true }, newer, older, where);
  holder.replaceChildren(problem, empty, list, pager);
  const cards = new Map();
  let start = 0;

  const doing = async (job, action) => {
    const { ok, told } = await act(job, action);
    problem.hidden = ok;
    setText(problem, ok ? "" : told.error ?? "the server did not answer: try again");
    if (ok && ["smooth", "upscale"].includes(action)) openJob(told.job, "steady");
    refresh();
  };
  const update = async () => {
    const { ok, told } = await get(`/ui/jobs?start=${start}`);
    if (!ok) return 3000;
    empty.hidden = told.total > 0;
    pager.hidden = told.total <= told.per_page;
    newer.disabled = told.start === 0;
    older.disabled = told.start + told.per_page >= told.total;
    setText(where, `${told.start + 1} to ${Math.min(told.start + told.per_page, told.total)} of ${told.total}`);
    const names = new Set(told.jobs.map((one) => one.job));
    for (const [name, card] of cards) {
      if (!names.has(name)) {
        card.element.remove();
        cards.delete(name);
      }
    }
    let previous = null;
    for (const one of told.jobs) {
      if (!cards.has(one.job)) cards.set(one.job, card(one, doing));
      const made = cards.get(one.job);
      made.refresh(one);
      const wanted = previous ? previous.nextSibling : list.firstChild;
      if (wanted !== made.element) list.insertBefore(made.element, wanted);
      previous = made.element;
    }
    return told.jobs.some((one) => ACTIVE.includes(one.status)) ? 1500 : 4000;
  };
  const refresh = poll(holder, update);
  newer.addEventListener("click", () => ((start = Math.max(0, start - 24)), refresh()));
  older.addEventListener("click", () => ((start += 24), refresh()));
}

function card(one, doing) {
  const picture = h("div", { class: "fs-thumb", "aria-hidden": "true" });
  const title = h("button", { type: "button", class: "fs-title", onclick: () => openJob(one.job, one.kind) }, one.title);
  const line = h("p", { class: "fs-small" });
  const fault = h("p", { class: "fs-small fs-bad", hidden: true });
  const actions = h("div", { class: "fs-row" });
  const element = h("li", { class: "fs-card" }, picture, h("div", {}, title, line, fault, actions));
  let shown = "";
  let image = "";
  const button = (text, action) => h("button", { type: "button", class: "fs-button fs-low", onclick: () => doing(one.job, action), "aria-label": `${text}: ${one.title}` }, text);
  const remove = () => {
    const sure = h("button", { type: "button", class: "fs-button fs-low fs-danger", onclick: () => doing(one.job, "delete") }, "Delete for good");
    const not = h("button", { type: "button", class: "fs-button fs-low", onclick: () => (shown = "") || fill(one) }, "Keep");
    actions.replaceChildren(sure, not);
    not.focus();
  };
  const fill = (told) => {
    const open = h("button", { type: "button", class: "fs-button fs-low", onclick: () => openJob(told.job, told.kind), "aria-label": `Open: ${told.title}` }, "Open");
    const parts = [open];
    if (ACTIVE.includes(told.status)) parts.push(button("Stop", "stop"));
    if (told.status === "stopped") parts.push(button("Resume", "resume"));
    if (told.status === "failed") parts.push(button("Try again", "resume"));
    if (told.status === "done" && told.kind === "create") parts.push(button("Smooth again", "smooth"));
    if (told.status === "done" && ["create", "steady", "story"].includes(told.kind)) parts.push(button("Upscale", "upscale"));
    if (told.status !== "running") parts.push(h("button", { type: "button", class: "fs-button fs-low", onclick: remove, "aria-label": `Delete: ${told.title}` }, "Delete"));
    actions.replaceChildren(...parts);
  };
  const refresh = (told) => {
    one = told;
    const left = told.progress?.left ? `, about ${duration(told.progress.left)} left` : "";
    const share = told.status === "running" ? ` ${Math.round(100 * told.progress.share)} %` : "";
    const when = new Date(told.created);
    const at = Number.isNaN(when.getTime()) ? "" : ` · ${when.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" })}`;
    setText(line, `${KINDS[told.kind] ?? told.kind} · ${WORDS[told.status] ?? told.status}${share}${left}${at}`);
    fault.hidden = !told.error;
    setText(fault, told.error);
    if (told.thumbnail && told.thumbnail !== image) {
      image = told.thumbnail;
      picture.replaceChildren(h("img", { src: `${fileOf(told.job, told.thumbnail)}?${told.status}`, alt: "", loading: "lazy" }));
    }
    if (shown !== told.status) {
      shown = told.status;
      fill(told);
    }
  };
  return { element, refresh };
}
