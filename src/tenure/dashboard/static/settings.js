// settings.js — the preview follows what is typed, and unsaved changes are told. The form works without it.
const one = (selector, root = document) => root.querySelector(selector);
const every = (selector, root = document) => [...root.querySelectorAll(selector)];
const form = one("#portal-form"), frame = one("#pv"), stage = one(".stage"), bar = one(".save"), page = one("#pv-page"), show = one("#pv-show");

const fit = () => stage.style.setProperty("--k", (stage.clientWidth / 1040).toFixed(4));
new ResizeObserver(fit).observe(stage);
fit();

// The real page comes from the server: the button beside the frame posts the form into it.
let waiting = 0;
const refresh = (after = 250) => { clearTimeout(waiting); waiting = setTimeout(() => form.requestSubmit(show), after); };
const fields = () => { const data = new FormData(form); data.delete("preview_page"); data.delete("preview_language"); return new URLSearchParams(data).toString(); };
const clean = form.dataset.unsaved ? "" : fields();
const mark = () => bar.toggleAttribute("data-dirty", fields() !== clean);
mark();
form.addEventListener("input", () => { mark(); refresh(); });
form.addEventListener("change", () => refresh(0));
[page, one("#pv-lang")].forEach((choice) => choice.addEventListener("change", () => refresh(0)));
form.addEventListener("submit", (event) => { if (event.submitter !== show) form.dataset.sent = "1"; });
addEventListener("beforeunload", (event) => { if (bar.hasAttribute("data-dirty") && !form.dataset.sent) event.preventDefault(); });
show.hidden = true;

every('input[name="device"]').forEach((radio) => radio.addEventListener("change", () => { stage.dataset.device = radio.value; }));
every(".acc > details").forEach((section) => section.addEventListener("toggle", () => {
  if (section.open && section.dataset.page && page.value !== section.dataset.page) { page.value = section.dataset.page; refresh(0); }
}));
if (innerWidth < 700) { const phone = one('input[name="device"][value="phone"]'); phone.checked = true; stage.dataset.device = "phone"; }
refresh(0);
