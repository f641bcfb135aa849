// What the console does beyond its pages: times in the reader's zone, and one box that ticks all others.
const local = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

const inZone = (root) => {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    const shown = local.format(at);
    if (time.title) time.title = shown;
    else time.textContent = shown;
  }
};

document.addEventListener("change", (event) => {
  const all = event.target;
  if (!all.matches?.("input[data-ticks]")) return;
  for (const box of all.form.querySelectorAll(`input[name="${all.dataset.ticks}"]`)) box.checked = all.checked;
});

// A text that is to be copied has a button for it.
for (const button of document.querySelectorAll("button[data-copies]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });
}

// What takes longer than a second says so.
const bar = Object.assign(document.createElement("progress"), { className: "busy", ariaLabel: "Working" });
let waits;
const busy = () => {
  clearTimeout(waits);
  waits = setTimeout(() => document.body.prepend(bar), 1000);
};
const done = () => {
  clearTimeout(waits);
  bar.remove();
};
document.addEventListener("submit", (event) => {
  busy();
  // A file that is taken away leaves the page where it is.
  if (event.target.matches(".export")) setTimeout(done, 15000);
});
document.addEventListener("htmx:beforeRequest", busy);
document.addEventListener("htmx:afterRequest", done);
addEventListener("pageshow", done);

document.addEventListener("htmx:afterSettle", (event) => inZone(event.detail.elt));
inZone(document);
