// Everything can be reached by keys; letters are left alone where somebody writes, and nothing that Ctrl or Alt means is taken.
const dialog = document.getElementById("keys");

function step(by) {
  const rows = shown();
  if (!rows.length) return;
  const here = document.activeElement?.closest(".case");
  let place = rows.indexOf(here);
  if (place < 0) place = by > 0 ? -1 : rows.length;
  const next = rows[Math.min(rows.length - 1, Math.max(0, place + by))].querySelector("summary");
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest", behavior: "instant" });
}

// Out by one: from the ladder to its case, from the case by closing it, from the search by emptying it.
function escape(at) {
  if (at === field) {
    field.value = "";
    filter();
    step(1);
    return true;
  }
  const one = at.closest(".case");
  if (!one) return false;
  const summary = one.querySelector("summary");
  if (at === summary) one.open = false;
  summary.focus();
  return true;
}

async function intoLadder(one, name) {
  if (!one.open) return false;
  await fill(one);
  return ladders.get(one)?.key(name) ?? false;
}

function onKey(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || dialog.open) return;
  const at = event.target instanceof Element ? event.target : document.body;
  const key = event.key;
  const writing = at.matches("input, select, textarea");
  let done = false;
  if (key === "Escape") done = escape(at);
  else if (!writing) done = command(key, at);
  if (done) event.preventDefault();
}

function command(key, at) {
  const one = at.closest(".case");
  const inLadder = at.closest("svg.ladder .event") !== null;
  const zooms = { "+": "in", "=": "in", "-": "out", "0": "one" };
  if (key === "/") field.focus();
  else if (key === "?") dialog.showModal();
  else if (key === "j") step(1);
  else if (key === "k") step(-1);
  else if (key in zooms && one && ladders.has(one)) ladders.get(one).press(zooms[key]);
  else if (key === "Enter" && inLadder) address(one, at.closest(".event"));
  else if (inLadder) return ladders.get(one).key(key);
  else if (key === "ArrowDown" && one?.open && at.matches("summary")) intoLadder(one, key);
  else return false;
  return true;
}
