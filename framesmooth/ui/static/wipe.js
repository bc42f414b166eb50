// Two videos under one wipe. The first leads; the second is kept within half a frame of it.
import { h, setText } from "./dom.js";

const GENTLE = 0.1; // most by which the second is sped up or slowed down

export function wipe(before, after, facts) {
  const frames = Math.max(1, facts.frames);
  const fps = facts.fps;
  const [width, height] = facts.size;
  const video = (source, side) =>
    h("video", { src: source, preload: "auto", playsinline: true, class: `fs-${side}`, "aria-hidden": "true" });
  const first = video(before, "first");
  const second = video(after, "second");
  first.muted = second.muted = true;
  const line = h("div", { class: "fs-line", "aria-hidden": "true" });
  const stage = h("div", { class: "fs-stage", style: `aspect-ratio:${width}/${height};max-width:calc(70vh * ${width / height})` },
    first, second, line, h("span", { class: "fs-side fs-left" }, "before"), h("span", { class: "fs-side fs-right" }, "after"));
  const place = h("input", { type: "range", min: 0, max: 1000, value: 500, "aria-label": "Wipe: how much of the clip before is shown" });
  const scrub = h("input", { type: "range", min: 0, max: frames - 1, value: 0, "aria-label": "Frame" });
  const button = h("button", { type: "button", class: "fs-button" }, "Play");
  const counter = h("span", { class: "fs-count" });

  const frameOf = (seconds) => Math.min(frames - 1, Math.max(0, Math.floor(seconds * fps + 1e-3)));
  const show = () => {
    const frame = frameOf(first.currentTime);
    if (document.activeElement !== scrub || !first.paused) scrub.value = frame;
    setText(counter, `frame ${frame} of ${frames - 1}`);
  };
  const split = () => {
    const share = place.value / 10;
    second.style.clipPath = `inset(0 0 0 ${share}%)`;
    line.style.left = `${share}%`;
  };
  const seek = (frame) => {
    const time = (Math.min(frames - 1, Math.max(0, frame)) + 0.5) / fps;
    first.currentTime = second.currentTime = time;
    setText(counter, `frame ${Math.min(frames - 1, Math.max(0, frame))} of ${frames - 1}`);
  };
  const follow = () => {
    const ahead = first.currentTime - second.currentTime;
    if (Math.abs(ahead) > 0.75 / fps) {
      second.currentTime = first.currentTime;
      second.playbackRate = 1;
    } else second.playbackRate = 1 + Math.max(-GENTLE, Math.min(GENTLE, ahead * fps * 0.2));
  };
  const watch = () => {
    if (first.paused || !first.isConnected) return;
    follow();
    show();
    requestAnimationFrame(watch);
  };
  const pause = () => {
    first.pause();
    second.pause();
    setText(button, "Play");
  };
  const play = async () => {
    if (first.currentTime >= (frames - 0.6) / fps || first.ended) seek(0);
    second.currentTime = first.currentTime;
    setText(button, "Pause");
    try {
      await Promise.all([first.play(), second.play()]);
      requestAnimationFrame(watch);
    } catch {
      pause();
    }
  };
  first.addEventListener("ended", () => {
    if (button.textContent !== "Pause") return;
    seek(0);
    play();
  });
  first.addEventListener("seeked", show);
  button.addEventListener("click", () => (first.paused ? play() : pause()));
  place.addEventListener("input", split);
  scrub.addEventListener("input", () => {
    pause();
    seek(Number(scrub.value));
  });
  stage.addEventListener("pointerdown", (event) => stage.setPointerCapture(event.pointerId));
  const drag = (event) => {
    if (event.type === "pointermove" && !(event.buttons & 1)) return;
    const box = stage.getBoundingClientRect();
    place.value = Math.round((1000 * (event.clientX - box.left)) / box.width);
    split();
  };
  stage.addEventListener("pointerdown", drag);
  stage.addEventListener("pointermove", drag);
  split();
  show();
  return h("figure", { class: "fs-wipe" }, stage,
    h("label", { class: "fs-slide" }, h("span", {}, "Wipe"), place),
    h("div", { class: "fs-transport" }, button, scrub, counter));
}
