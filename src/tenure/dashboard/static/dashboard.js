// dashboard.js — comforts for the dashboard. Every page works without it.
document.documentElement.classList.add("js");
const one = (selector, root = document) => root.querySelector(selector);
const every = (selector, root = document) => [...root.querySelectorAll(selector)];

// "/" goes to the search field, Escape closes an open menu.
addEventListener("keydown", (event) => {
  const typing = /^(input|textarea|select)$/i.test(event.target.tagName);
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) { const field = one("#q"); if (field) { event.preventDefault(); field.focus(); } }
  if (event.key === "Escape") every(".drop[open]").forEach((menu) => { menu.open = false; one("summary", menu).focus(); });
});
addEventListener("click", (event) => every(".drop[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; }));

// Copy buttons are hidden until they can work.
every("[data-copy]").forEach((button) => {
  if (!navigator.clipboard) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(one(button.dataset.copy).value);
    const label = one("span", button), before = label.textContent;
    label.textContent = button.dataset.copied;
    setTimeout(() => { label.textContent = before; }, 1600);
  });
});

// Finding an event in a long list of them.
every("[data-filter]").forEach((box) => {
  box.hidden = false;
  one("input", box).addEventListener("input", (event) => {
    const wanted = event.target.value.trim().toLowerCase();
    every(".check", one(box.dataset.filter)).forEach((row) => { row.hidden = !row.textContent.toLowerCase().includes(wanted); });
  });
});

// Ctrl or Command with Enter runs the query.
const editor = one("textarea.editor");
editor?.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); one('[data-sql] button[value="run"]').click(); }
});

// What went wrong is read out first.
one("#problem")?.focus();
