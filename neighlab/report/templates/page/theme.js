// Light, dark, or as the reader's system has it. A browser may keep no choice for files: then it lasts as long as the page.
const themes = ["system", "light", "dark"];

function applyTheme(name) {
  if (name === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  document.getElementById("theme").textContent = `Theme: ${name}`;
}

function keptTheme() {
  try {
    const name = localStorage.getItem("neighlab-theme");
    return themes.includes(name) ? name : "system";
  } catch {
    return "system";
  }
}

function nextTheme() {
  const name = themes[(themes.indexOf(document.documentElement.dataset.theme ?? "system") + 1) % themes.length];
  applyTheme(name);
  try {
    localStorage.setItem("neighlab-theme", name);
  } catch {
    // not kept
  }
}
