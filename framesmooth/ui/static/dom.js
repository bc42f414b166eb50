// Small helpers: elements without markup in strings, so that no text is ever taken for HTML; requests; words.

export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export async function get(address) {
  const answer = await fetch(address, { credentials: "same-origin", cache: "no-store" });
  return { ok: answer.ok, status: answer.status, told: await answer.json().catch(() => ({})) };
}

export async function act(job, action) {
  const answer = await fetch(`/ui/jobs/${encodeURIComponent(job)}/${action}`, { method: "POST" });
  return { ok: answer.ok, told: await answer.json().catch(() => ({})) };
}

export function fileOf(job, name) {
  return `/ui/files/${encodeURIComponent(job)}/${name.split("/").map(encodeURIComponent).join("/")}`;
}

export function duration(seconds) {
  if (seconds < 9.5) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 95) return `${5 * Math.round(seconds / 5)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

const PAGES = { board: "Story", create: "Create", preview: "Create", steady: "Steady", upscale: "Steady", measure: "Measure", story: "Story" };

export function openPage(name) {
  const tabs = [...document.querySelectorAll("#pages [role=tab]")];
  tabs.find((tab) => tab.textContent.trim() === name)?.click();
}

export function openJob(job, kind) {
  history.replaceState(null, "", `#job=${job}`);
  openPage(PAGES[kind] ?? "Runs");
  window.dispatchEvent(new CustomEvent("framesmooth-open", { detail: { job, kind } }));
}

export function jobInAddress() {
  return /^#job=([\w-]+)$/.exec(location.hash)?.[1] ?? null;
}

// Calls `update` again and again while `element` is on the page, as often as it says; never twice at once.
export function poll(element, update) {
  let timer = null;
  let running = false;
  let again = false;
  const tick = async () => {
    if (!element.isConnected) return;
    if (running) {
      again = true;
      return;
    }
    running = true;
    clearTimeout(timer);
    let pause = 3000;
    try {
      pause = await update();
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // the server is away: it is asked again
    } finally {
      running = false;
      if (again) {
        again = false;
        timer = setTimeout(tick, 0);
      } else if (pause) timer = setTimeout(tick, document.hidden ? Math.max(pause, 5000) : pause);
    }
  };
  document.addEventListener("visibilitychange", () => !document.hidden && tick());
  tick();
  return tick;
}
