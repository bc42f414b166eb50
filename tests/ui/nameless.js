() =>
  [...document.querySelectorAll("button, input, select, textarea")]
    .filter((one) => one.checkVisibility() && one.type !== "file" && !one.closest(".file-preview"))
    .filter((one) => !(one.labels?.length || one.getAttribute("aria-label") || one.textContent.trim() || one.title))
    .map((one) => one.outerHTML.slice(0, 200))
