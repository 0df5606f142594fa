// settings.js — the preview follows what is typed, and unsaved changes are told. The form works without it.
const one = (selector, root = document) => root.querySelector(selector);
const every = (selector, root = document) => [...root.querySelectorAll(selector)];
const form = one("#portal-form"), stage = one(".stage"), bar = one(".save"), told = one("#told");
const page = one("#pv-page"), show = one("#pv-show");

// The whole page at the size of the frame.
const fit = () => {
  stage.style.setProperty("--k", (stage.clientWidth / 1040).toFixed(4));
  stage.style.setProperty("--p", Math.min(.82, stage.clientWidth / 392).toFixed(4));
};
new ResizeObserver(fit).observe(stage);
fit();

// The real page comes from the server: the button beside the frame posts the form into it. Each time into a new frame
// that takes the old one's place when it has loaded: nothing flickers, and the Back button does not go through previews.
let frame = one("#pv"), coming = null, waiting = 0;
const turn = () => {
  const next = frame.cloneNode();
  ["src", "id"].forEach((name) => next.removeAttribute(name));
  if (coming) coming.remove(); else frame.contentWindow.name = "";
  coming = next;
  next.style.visibility = "hidden";
  stage.prepend(next);
  next.addEventListener("load", () => {
    if (coming !== next) return;
    const same = frame.contentDocument?.title === next.contentDocument?.title;
    next.contentWindow.scrollTo(0, same ? frame.contentWindow.scrollY : 0);
    frame.remove();
    next.id = "pv";
    next.style.visibility = "";
    frame = next;
    coming = null;
  });
  show.form.requestSubmit(show);
};
const refresh = (after = 250) => { clearTimeout(waiting); waiting = setTimeout(turn, after); };
const look = (wanted) => { if (wanted && page.value !== wanted) { page.value = wanted; refresh(0); } };
show.hidden = true;
[page, one("#pv-lang")].forEach((choice) => choice.addEventListener("change", () => refresh(0)));
every('input[name="device"]').forEach((radio) => radio.addEventListener("change", () => { stage.dataset.device = radio.value; }));
if (innerWidth < 700) { const phone = one('input[name="device"][value="phone"]'); phone.checked = true; stage.dataset.device = "phone"; }

// A section, and each group in it, shows the page that it is about.
every("details[data-page]").forEach((section) => one("summary", section).addEventListener("click", () => { if (!section.open) look(section.dataset.page); }));
form.addEventListener("focusin", (event) => look(event.target.closest(".group[data-page]")?.dataset.page));

// Unsaved changes: the preview's own choices are none.
const fields = () => { const data = new FormData(form); data.delete("preview_page"); data.delete("preview_language"); return new URLSearchParams(data).toString(); };
const clean = form.dataset.unsaved ? "" : fields();
const mark = () => {
  const dirty = fields() !== clean;
  if (bar && dirty !== bar.hasAttribute("data-dirty")) told.textContent = dirty ? told.dataset.unsaved : "";
  bar?.toggleAttribute("data-dirty", dirty);
};
mark();
form.addEventListener("input", () => { mark(); refresh(); });
form.addEventListener("change", () => { mark(); refresh(0); });
form.addEventListener("submit", (event) => { if (event.submitter !== show) form.dataset.sent = "1"; });
one("#discard")?.addEventListener("click", () => { form.dataset.sent = "1"; });
addEventListener("beforeunload", (event) => { if (bar?.hasAttribute("data-dirty") && !form.dataset.sent) event.preventDefault(); });
if (form.dataset.unsaved) refresh(0);

// Reasons change places at once; without script the same buttons ask the server.
const settle = (list) => [...list.children].forEach((row, at, rows) => { one(".up", row).disabled = at === 0; one(".down", row).disabled = at === rows.length - 1; });
form.addEventListener("click", (event) => {
  const button = event.target.closest(".moves button");
  if (!button) return;
  event.preventDefault();
  const row = button.closest("li"), up = button.classList.contains("up");
  const beside = up ? row.previousElementSibling : row.nextElementSibling;
  if (!beside) return;
  if (up) beside.before(row); else beside.after(row);
  settle(row.parentElement);
  (button.disabled ? one(up ? ".down" : ".up", row) : button).focus();
  mark();
  refresh(0);
});

// Enter in a field of an inner form presses that one's button, not Save.
form.addEventListener("keydown", (event) => {
  const inner = event.target.dataset?.enter;
  if (event.key === "Enter" && inner) { event.preventDefault(); one(`#${inner}`).click(); }
});
