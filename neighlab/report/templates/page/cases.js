// A case is filled when it is opened for the first time. Addresses lead to cases, and with @NUMBER to an event in them.
const cases = [...document.querySelectorAll(".case")];
const MANY = 40; // more than so many are not opened without being asked for

function place(one, html) {
  const box = one.querySelector(".body");
  box.innerHTML = html; // made by templates that escape; the page's policy lets no script in it run
  const drawing = box.querySelector(".drawing");
  if (drawing) ladders.set(one, new Ladder(drawing));
  for (const button of box.querySelectorAll(".moment")) {
    button.addEventListener("click", () => {
      const ladder = ladders.get(one);
      ladder?.focus(ladder.at(Number(button.dataset.place)));
    });
  }
  box.querySelector(".copy")?.addEventListener("click", (event) => copy(event.target, box.querySelector(".command")));
  one.dataset.filled = "";
}

async function fill(one) {
  if ("filled" in one.dataset) return;
  const box = one.querySelector(".body");
  try {
    const html = await body(Number(one.dataset.number));
    if (!("filled" in one.dataset)) place(one, html);
  } catch (problem) {
    const say = document.createElement("p");
    say.className = "waiting";
    say.textContent = `This browser cannot unpack the case (it needs DecompressionStream): ${problem.message}`;
    box.replaceChildren(say);
  }
}

async function open(one) {
  one.open = true;
  await fill(one);
}

async function copy(button, command) {
  try {
    await navigator.clipboard.writeText(command.textContent);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(command); // not allowed here: Ctrl-C is one key
    button.textContent = "Selected";
  }
}

function target() {
  try {
    const hash = decodeURIComponent(location.hash.slice(1));
    const whole = document.getElementById(hash);
    if (whole?.classList.contains("case")) return { one: whole, at: null };
    const [, name, at] = /^(.*)@(\d+)$/s.exec(hash) ?? [];
    const one = name === undefined ? null : document.getElementById(name);
    return one?.classList.contains("case") ? { one, at: Number(at) } : null;
  } catch {
    return null; // no address that we made
  }
}

async function follow() {
  const goal = target();
  if (!goal) return;
  if (goal.one.hidden) showAll();
  await open(goal.one);
  goal.one.scrollIntoView({ block: "start", behavior: "instant" });
  const ladder = ladders.get(goal.one);
  const event = goal.at === null ? null : ladder?.at(goal.at);
  if (event) ladder.focus(event);
  else goal.one.querySelector("summary").focus({ preventScroll: true });
}

function address(one, event) {
  const name = encodeURIComponent(one.id).replaceAll("%2F", "/").replaceAll("%3A", ":");
  history.replaceState(null, "", `#${name}${event ? `@${event.dataset.place}` : ""}`);
}

function shown() {
  return cases.filter((one) => !one.hidden);
}

async function openAll() {
  const all = shown();
  const closing = all.every((one) => one.open);
  for (const one of all) {
    if (closing) one.open = false;
    else await open(one);
  }
  nameOpenAll();
}

function nameOpenAll() {
  const all = shown();
  document.getElementById("open-all").textContent = all.length > 0 && all.every((one) => one.open) ? "Close all" : "Open all";
}

// Paper shows a short report in full: its cases are unpacked ahead, for a browser that prints does not wait.
async function unpackAhead() {
  if (cases.length > MANY) return;
  for (const one of cases) await body(Number(one.dataset.number));
  document.body.dataset.paper = "ready";
}

const openedForPaper = [];

function beforePaper() {
  if (shown().length > MANY) return;
  for (const one of document.querySelectorAll(".case:not([hidden]), .scenario:not([hidden]) > .lesson")) {
    if (one.open) continue;
    const number = Number(one.dataset.number);
    if (one.matches(".case") && !("filled" in one.dataset)) {
      if (!unpacked.has(number)) continue;
      place(one, unpacked.get(number));
    }
    one.open = true;
    openedForPaper.push(one);
  }
}

function afterPaper() {
  for (const one of openedForPaper.splice(0)) one.open = false;
}
