// A film as shots that can be edited, moved and removed. Making an open film again keeps the shots that stay.
import { get, h, setText } from "./dom.js";

const FIELDS = [
  ["prompt", "What to show", "text", ""],
  ["duration", "Seconds", "number", "4"],
  ["transition", "Transition", "text", "cut"],
  ["camera", "Camera", "text", "static"],
  ["title", "Title", "text", "none"],
  ["seed", "Seed", "number", "0"],
];

export function storyEditor(element, props) {
  const holder = element.querySelector(".fs-story") ?? element;
  let told = structuredClone({ ...props.value });
  const list = h("ol", { class: "fs-shots" });
  const add = h("button", { type: "button", class: "fs-button fs-low" }, "Add a shot");
  const fresh = h("button", { type: "button", class: "fs-button fs-low" }, "Begin another film");
  const state = h("p", { class: "fs-small", role: "status" });
  const tell = () => (props.value = structuredClone(told));
  const film = (key, label, placeholder) =>
    h("label", {}, h("span", {}, label), h("input", { type: "text", placeholder, value: told.film[key] ?? "", "aria-label": label, oninput: (event) => {
      told.film[key] = event.target.value;
      tell();
    } }));
  const whole = h("div", { class: "fs-film" });
  holder.replaceChildren(h("h2", {}, "Shots"), whole, list, h("div", { class: "fs-row" }, add, fresh), state);

  const draw = (focus) => {
    whole.replaceChildren(film("size", "Size", "the model's own"), film("fps", "Frames per second", "12"), film("steps", "Steps", "the model's own"));
    list.replaceChildren(...told.shots.map((shot, index) => {
      const number = index + 1;
      const button = (text, label, disabled, change) => {
        const made = h("button", { type: "button", class: "fs-button fs-low", "aria-label": `${label} shot ${number}`, onclick: () => {
          const next = change();
          draw(next);
          tell();
        } }, text);
        made.disabled = disabled;
        return made;
      };
      const move = (by) => () => {
        told.shots.splice(index + by, 0, ...told.shots.splice(index, 1));
        return index + by;
      };
      return h("li", { class: "fs-shot" },
        h("div", { class: "fs-shot-head" }, h("strong", {}, `Shot ${number}`), h("span", { class: "fs-row" },
          button("↑", "Move up", index === 0, move(-1)),
          button("↓", "Move down", index === told.shots.length - 1, move(1)),
          button("×", "Remove", told.shots.length === 1, () => (told.shots.splice(index, 1), Math.max(0, index - 1))))),
        ...FIELDS.map(([key, label, type, placeholder]) => h("label", { class: `fs-field-${key}` }, h("span", {}, label),
          h("input", { type, step: type === "number" ? "any" : null, maxlength: type === "text" ? 2000 : null, placeholder, value: shot[key] ?? "",
            "aria-label": `${label}, shot ${number}`, oninput: (event) => {
              shot[key] = event.target.value;
              tell();
            } }))));
    }));
    setText(state, told.job ? "Making the film again keeps the shots that you don't change." : "");
    fresh.hidden = !told.job;
    if (focus !== undefined) list.children[focus]?.querySelector("input").focus();
  };
  add.addEventListener("click", () => {
    told.shots.push({ prompt: "", duration: 2, transition: "dissolve 0.5" });
    draw(told.shots.length - 1);
    tell();
  });
  fresh.addEventListener("click", () => {
    told.job = null;
    draw();
    tell();
  });
  window.addEventListener("framesmooth-shown", async (event) => {
    const { job, kind } = event.detail;
    if (kind !== "story") return;
    const { ok, told: found } = await get(`/ui/jobs/${encodeURIComponent(job)}`);
    if (!ok || !found.request?.story) return;
    const { shots, size, fps, defaults } = found.request.story;
    if (told.job === job) {
      told.shots.forEach((shot, index) => (shot.seed = shots[index]?.seed ?? shot.seed)); // a shot was made again
      [...list.children].forEach((row, index) => (row.querySelector(".fs-field-seed input").value = told.shots[index].seed ?? ""));
    } else {
      told = { job, shots, film: { size: size ?? "", fps: fps ?? "", steps: defaults?.steps ?? "" } };
      draw();
    }
    tell();
  });
  draw();
}
