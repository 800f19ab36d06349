// The list shows what has every word that is looked for, one of the chosen outcomes, and the chosen subject.
const field = document.getElementById("find");
const chips = [...document.querySelectorAll(".chip")];
const subject = document.getElementById("subject");
const subjectButtons = [...document.querySelectorAll("[data-subject]")].filter((one) => one.tagName === "BUTTON");
const sections = [...document.querySelectorAll(".scenario")].map((section) => ({
  section,
  words: [...section.querySelectorAll(":scope > h2, :scope > .lesson")].map((one) => one.textContent).join(" ").toLowerCase(),
  cases: [...section.querySelectorAll(":scope > .case")].map((one) => ({
    one,
    words: `${one.id} ${one.querySelector("summary").textContent} ${one.dataset.words}`.toLowerCase(),
  })),
}));

function filter() {
  const wanted = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  const outcomes = new Set(chips.filter((one) => one.getAttribute("aria-pressed") === "true").map((one) => one.dataset.outcome));
  const chosen = subject?.value ?? "";
  let count = 0;
  for (const { section, words, cases: rows } of sections) {
    const fits = !chosen || section.dataset.subject === chosen;
    let left = 0;
    for (const row of rows) {
      const all = `${words} ${row.words}`;
      row.one.hidden = !(fits && outcomes.has(row.one.dataset.outcome) && wanted.every((word) => all.includes(word)));
      if (!row.one.hidden) left += 1;
    }
    section.hidden = left === 0;
    count += left;
  }
  const total = cases.length;
  document.getElementById("found").textContent = count === total ? `${total} case${total === 1 ? "" : "s"}` : `${count} of ${total}`;
  document.getElementById("nothing").hidden = count > 0 || total === 0;
  for (const button of subjectButtons) button.setAttribute("aria-pressed", String(button.dataset.subject === chosen && chosen !== ""));
  nameOpenAll();
}

// With all outcomes shown, a press leaves only that one; later presses add and remove, and an empty choice is all again.
function press(chip) {
  const on = (one) => one.getAttribute("aria-pressed") === "true";
  if (chips.every(on) && chips.length > 1) for (const one of chips) one.setAttribute("aria-pressed", String(one === chip));
  else chip.setAttribute("aria-pressed", String(!on(chip)));
  if (!chips.some(on)) for (const one of chips) one.setAttribute("aria-pressed", "true");
  filter();
}

function pick(name) {
  if (!subject) return;
  subject.value = subject.value === name ? "" : name;
  filter();
}

function showAll() {
  field.value = "";
  if (subject) subject.value = "";
  for (const one of chips) one.setAttribute("aria-pressed", "true");
  filter();
}
