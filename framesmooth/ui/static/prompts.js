// The timeline of prompts: rows of frame, text and seed, or all of it as text.
import { h, setText } from "./dom.js";

export function promptEditor(element, props, _watch, _trigger) {
  const holder = element.querySelector(".fs-prompts") ?? element;
  let rows = (props.value ?? []).map((row) => ({ ...row }));
  const problem = h("p", { class: "fs-problem", role: "alert", hidden: true });
  const table = h("div", { class: "fs-timeline", role: "group", "aria-label": "Prompts" });
  const text = h("textarea", { rows: 5, "aria-label": "Prompts as text", placeholder: "0: a castle at dawn | 24: a castle at night\nor one prompt a line" });
  const asText = h("div", { hidden: true }, text);
  const add = h("button", { type: "button", class: "fs-button fs-low" }, "Add a prompt");
  const swap = h("button", { type: "button", class: "fs-button fs-low" }, "As text");
  holder.replaceChildren(h("h2", {}, "Prompts"),
    h("p", { class: "fs-small" }, "The clip travels from one to the next. Without frames they are spread evenly."),
    problem, table, asText, h("div", { class: "fs-row" }, add, swap));

  const tell = () => {
    props.value = rows.map((row) => ({ ...row }));
  };
  const number = (value) => (value === "" ? null : Number(value));
  const field = (row, name, attributes) =>
    h("input", { ...attributes, value: row[name] ?? "", oninput: (event) => {
      row[name] = name === "text" ? event.target.value : number(event.target.value);
      tell();
    } });
  const draw = () => {
    table.replaceChildren(...rows.map((row, index) => {
      const place = index + 1;
      const remove = h("button", { type: "button", class: "fs-button fs-low", "aria-label": `Remove prompt ${place}`, onclick: () => {
        rows.splice(index, 1);
        draw();
        tell();
      } }, "×");
      remove.disabled = rows.length === 1;
      return h("div", { class: "fs-prompt" },
        h("label", { class: "fs-time" }, h("span", {}, "Frame"), field(row, "time", { type: "number", step: 1, placeholder: "even", "aria-label": `Frame of prompt ${place}` })),
        h("label", { class: "fs-text" }, h("span", {}, "What to show"), field(row, "text", { type: "text", maxlength: 4000, "aria-label": `Prompt ${place}` })),
        h("label", { class: "fs-seed" }, h("span", {}, "Seed"), field(row, "seed", { type: "number", step: 1, placeholder: "shared", "aria-label": `Seed of prompt ${place}` })),
        remove);
    }));
  };
  const written = () => {
    const timed = rows.every((row) => row.time !== null && row.time !== undefined);
    return timed ? rows.map((row) => `${row.time}: ${row.text}`).join(" |\n") : rows.map((row) => row.text).join("\n");
  };
  const complain = (sentence) => {
    problem.hidden = !sentence;
    setText(problem, sentence ?? "");
  };
  add.addEventListener("click", () => {
    rows.push({ time: null, text: "", seed: null });
    draw();
    tell();
    table.lastChild.querySelector(".fs-text input").focus();
  });
  const read = async () => {
    const answer = await fetch("/ui/prompts", { method: "POST", body: text.value });
    const { rows: found, error } = await answer.json();
    complain(error);
    if (error) return false;
    rows = found.map((row, index) => ({ ...row, seed: rows[index]?.text === row.text ? rows[index].seed : null }));
    if (!rows.length) rows = [{ time: null, text: "", seed: null }];
    tell();
    return true;
  };
  swap.addEventListener("click", async () => {
    if (asText.hidden) {
      text.value = written();
    } else {
      if (!(await read())) return;
      draw();
    }
    asText.hidden = !asText.hidden;
    table.hidden = add.hidden = !asText.hidden;
    setText(swap, asText.hidden ? "As text" : "As rows");
    if (!asText.hidden) text.focus();
  });
  text.addEventListener("change", read);
  draw();
}
