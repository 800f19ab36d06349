// All begins here.
applyTheme(keptTheme());
document.getElementById("theme").addEventListener("click", nextTheme);
document.getElementById("help").addEventListener("click", () => dialog.showModal());
document.getElementById("open-all").addEventListener("click", openAll);
document.getElementById("clear").addEventListener("click", () => {
  showAll();
  field.focus();
});
field.addEventListener("input", filter);
subject?.addEventListener("change", filter);
for (const chip of chips) chip.addEventListener("click", () => press(chip));
for (const button of subjectButtons) button.addEventListener("click", () => pick(button.dataset.subject));
for (const one of cases) {
  one.addEventListener("toggle", () => {
    if (one.open) fill(one);
    nameOpenAll();
  });
}
document.addEventListener("keydown", onKey);
const bar = document.querySelector(".finder");
new ResizeObserver(() => {
  const high = getComputedStyle(bar).position === "sticky" ? bar.offsetHeight : 0;
  document.documentElement.style.setProperty("--bar", `${high}px`);
}).observe(bar);
addEventListener("hashchange", follow);
addEventListener("beforeprint", beforePaper);
addEventListener("afterprint", afterPaper);
filter();
if (cases.length === 1) open(cases[0]);
follow();
unpackAhead().catch(() => {}); // a browser that cannot says so at the case that is opened
