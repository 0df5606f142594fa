// portal.js — enhancement only; every page works without it.
const all = (selector) => [...document.querySelectorAll(selector)];

// The landing page of a link posts its secret by itself.
document.querySelector("form[data-auto-submit]")?.requestSubmit();

// After an error or a result, focus goes to where reading should start.
document.querySelector("[data-autofocus]")?.focus();

// "Other reason" opens the free text; what has been written stays visible.
for (const field of all("[data-opens-for]")) {
  const area = field.querySelector("textarea");
  const show = () => {
    const chosen = document.querySelector('input[name="feedback"]:checked')?.value;
    field.hidden = chosen !== field.dataset.opensFor && !area.value && !field.classList.contains("has-error");
  };
  all('input[name="feedback"]').forEach((radio) => radio.addEventListener("change", show));
  addEventListener("pageshow", show);
  show();
}

// Character count: visible at once, announced only after a pause.
for (const area of all("textarea[data-count]")) {
  const count = document.getElementById(area.getAttribute("aria-describedby").split(" ").pop());
  const live = count.cloneNode();
  live.className = "vh";
  live.removeAttribute("id");
  live.setAttribute("aria-live", "polite");
  count.after(live);
  const number = new Intl.NumberFormat(document.documentElement.lang);
  let timer;
  area.addEventListener("input", () => {
    const left = Number(area.dataset.count) - [...area.value].length;
    count.textContent = count.dataset.left.replace("{n}", number.format(left));
    clearTimeout(timer);
    timer = setTimeout(() => { live.textContent = count.textContent; }, 1200);
  });
}

// A second click on the way changes nothing; the server would answer it as the first one too.
for (const form of all("form")) {
  form.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!button) return;
    if (button.getAttribute("aria-busy") === "true") { event.preventDefault(); return; }
    button.setAttribute("aria-busy", "true");
    if (button.dataset.busy) { button.dataset.label = button.textContent; button.textContent = button.dataset.busy; }
  });
}
addEventListener("pageshow", () => all("[aria-busy]").forEach((button) => {
  button.removeAttribute("aria-busy");
  if (button.dataset.label) button.textContent = button.dataset.label;
}));
