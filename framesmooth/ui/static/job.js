// The view of one job: waiting, running, stopped, failed or done. It is asked for again while it changes.
import { act, duration, fileOf, get, h, jobInAddress, openJob, poll, setText } from "./dom.js";
import { results } from "./results.js";

const ACTIVE = ["queued", "running"];

export function jobView(element, props, watch) {
  const holder = element.querySelector(".fs-job-holder") ?? element;
  const kinds = props.kinds;
  let job = null;
  let shown = "";
  const problem = h("p", { class: "fs-problem", role: "alert", hidden: true });
  const body = h("div", { class: "fs-job", "aria-live": "off" });
  const status = h("p", { class: "fs-visually-hidden", role: "status" });
  holder.replaceChildren(problem, body, status);

  const complain = (sentence) => {
    problem.hidden = !sentence;
    setText(problem, sentence ?? "");
  };
  const doing = async (action) => {
    complain("");
    const { ok, told } = await act(job, action);
    if (!ok) complain(told.error ?? "the server did not answer: try again");
    refresh();
  };
  const choose = (name) => {
    job = name;
    shown = "";
    if (name) history.replaceState(null, "", `#job=${name}`);
    refresh();
  };

  const empty = () => {
    if (shown === "empty") return;
    shown = "empty";
    body.replaceChildren(h("p", { class: "fs-empty" }, props.empty));
  };
  const update = async () => {
    if (job === null) {
      const active = await activeOf(kinds);
      if (active === null) {
        empty();
        return 5000;
      }
      job = active;
    }
    const { ok, status: code, told } = await get(`/ui/jobs/${encodeURIComponent(job)}`);
    if (!ok) {
      if (code === 404) {
        complain(told.error);
        job = null;
        empty();
      }
      return 3000;
    }
    if (!kinds.includes(told.kind)) {
      job = null;
      empty();
      return 5000;
    }
    const key = `${told.job} ${told.status} ${told.made}`;
    if (shown !== key) {
      shown = key;
      build(body, told, doing);
      setText(status, `${told.title}: ${told.status}`);
      window.dispatchEvent(new CustomEvent("framesmooth-shown", { detail: { job: told.job, kind: told.kind, status: told.status } }));
    }
    if (ACTIVE.includes(told.status)) refreshRunning(body, told);
    return ACTIVE.includes(told.status) ? 700 : 4000;
  };
  const refresh = poll(holder, update);
  const linked = jobInAddress();
  if (linked) {
    job = linked;
    refresh();
  }
  watch("value", () => {
    const value = props.value;
    if (!value) return;
    complain(value.error);
    if (value.job) choose(value.job);
  });
  window.addEventListener("framesmooth-open", (event) => {
    if (kinds.includes(event.detail.kind)) {
      complain("");
      choose(event.detail.job);
    }
  });
}

async function activeOf(kinds) {
  const { told } = await get("/ui/jobs");
  const active = (told.jobs ?? []).filter((one) => kinds.includes(one.kind) && ACTIVE.includes(one.status));
  return active.length ? active[active.length - 1].job : null;
}

function build(body, told, doing) {
  const button = (text, action, kind = "") =>
    h("button", { type: "button", class: `fs-button ${kind}`, onclick: () => doing(action) }, text);
  const title = h("h2", {}, told.title);
  if (ACTIVE.includes(told.status)) {
    body.replaceChildren(title,
      h("div", { class: "fs-bar", role: "progressbar", "aria-label": "Progress", "aria-valuemin": 0, "aria-valuemax": 100 }, h("div", {})),
      h("p", { class: "fs-stage-line" }, h("span", { class: "fs-what" }), h("span", { class: "fs-left-time" })),
      h("p", {}, button("Stop", "stop")),
      h("div", { class: "fs-keyframes", role: "list", "aria-label": "Keyframes so far", tabindex: 0 }),
      h("ul", { class: "fs-notices" }));
    return;
  }
  const notices = noticeList({ progress: { notices: told.progress.notices.filter((one) => one.warning) } });
  if (told.status === "done") body.replaceChildren(title, ...results(told, doing), notices);
  else {
    const failed = told.status === "failed";
    body.replaceChildren(title,
      h("p", { class: failed ? "fs-problem" : "fs-note", role: failed ? "alert" : null },
        failed ? told.error : "Stopped. What is finished is kept."),
      h("p", { class: "fs-row" }, button(failed ? "Try again" : "Resume", "resume", "fs-primary")),
      keyframes(told), notices);
  }
}

function keyframes(told) {
  const list = h("div", { class: "fs-keyframes", role: "list", "aria-label": "Keyframes so far", tabindex: 0 });
  addImages(list, told);
  return list;
}

function addImages(list, told) {
  const known = new Set([...list.children].map((one) => one.dataset.name));
  for (const name of told.images) {
    if (known.has(name)) continue;
    const frame = Number.parseInt(name.split("-").pop(), 10);
    const image = h("img", { src: fileOf(told.job, `keyframe-images/${name}`), alt: `frame ${frame}`, loading: "lazy" });
    const cell = h("div", { role: "listitem", "data-name": name }, image, h("small", {}, String(frame)));
    const place = told.images.indexOf(name);
    list.insertBefore(cell, [...list.children].find((one) => told.images.indexOf(one.dataset.name) > place) ?? null);
  }
}

function noticeList(told) {
  const list = h("ul", { class: "fs-notices" });
  addNotices(list, told);
  return list;
}

function addNotices(list, told) {
  for (const notice of told.progress.notices.slice(list.children.length)) {
    list.append(h("li", { class: notice.warning ? "fs-warning" : null }, notice.text));
  }
}

function refreshRunning(body, told) {
  const progress = told.progress;
  const bar = body.querySelector(".fs-bar");
  const percent = told.status === "queued" ? 0 : Math.round(100 * progress.share);
  bar.firstChild.style.width = `${percent}%`;
  bar.setAttribute("aria-valuenow", percent);
  const what = body.querySelector(".fs-what");
  const left = body.querySelector(".fs-left-time");
  if (told.status === "queued") {
    setText(what, told.ahead ? `Waiting: ${told.ahead} ahead` : "Waiting");
    setText(left, "");
  } else if (progress.stopping) {
    setText(what, "Stopping");
    setText(left, "");
  } else {
    const amount = progress.total ? ` ${progress.done} of ${progress.at_most ? "at most " : ""}${progress.total} ${progress.unit}` : "";
    setText(what, progress.stage ? `${progress.stage}${amount}` : "Beginning");
    setText(left, progress.left === null ? "" : `about ${duration(progress.left)} left`);
  }
  addImages(body.querySelector(".fs-keyframes"), told);
  addNotices(body.querySelector(".fs-notices"), told);
}

export { openJob };
