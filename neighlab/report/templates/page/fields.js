// What is drawn tells its fields in the panel beside it. The figure's own <title>s move into a map, or browsers would
// cover the neighbouring events with them.
const told = new WeakMap();

function takeTitles(svg) {
  for (const title of svg.querySelectorAll("g > title")) {
    told.set(title.parentNode, title.textContent);
    title.remove();
  }
}

function tellerOf(node, svg) {
  for (let one = node; one && one !== svg; one = one.parentNode) if (told.has(one)) return one;
  return null;
}

function showFields(panel, teller) {
  const list = document.createElement("dl");
  for (const line of (told.get(teller) ?? "").split("\n")) {
    const cut = line.indexOf(": ");
    const [name, value] = cut > 0 ? [line.slice(0, cut), line.slice(cut + 2)] : ["", line];
    for (const [tag, text] of [["dt", name], ["dd", value]]) {
      const item = document.createElement(tag);
      item.textContent = text;
      list.append(item);
    }
  }
  panel.replaceChildren(list);
}
