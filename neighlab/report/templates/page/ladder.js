// A ladder on the page: one of its events can be reached by Tab, arrows lead to the others, and it can be zoomed.
const ladders = new WeakMap(); // a case -> its ladder
const LEAST = 0.4, MOST = 4, STEP = 1.25;

class Ladder {
  constructor(box) {
    this.box = box;
    this.scroll = box.querySelector(".scroll");
    this.svg = this.scroll.querySelector("svg");
    this.panel = box.querySelector(".fields");
    this.case = box.closest(".case");
    this.width = this.svg.viewBox.baseVal.width;
    this.height = this.svg.viewBox.baseVal.height;
    this.events = [...this.svg.querySelectorAll(".event[data-place]")];
    takeTitles(this.svg);
    this.addHeads();
    this.events.forEach((one, place) => one.setAttribute("tabindex", place === 0 ? "0" : "-1"));
    this.current = null;
    this.listen();
    this.fit(0.7, 1);
  }

  // The names of the lines stay in sight while a long ladder is scrolled.
  addHeads() {
    const high = Number(this.scroll.dataset.head);
    const heads = this.svg.querySelector("g.head");
    if (!heads || !(high > 0)) return;
    this.high = high;
    this.heads = this.svg.cloneNode(false);
    for (const name of [...this.heads.getAttributeNames()]) {
      if (name !== "class" && name !== "xmlns") this.heads.removeAttribute(name);
    }
    this.heads.setAttribute("viewBox", `0 0 ${this.width} ${high}`);
    this.heads.setAttribute("aria-hidden", "true");
    this.heads.classList.add("heads");
    this.heads.append(heads.cloneNode(true));
    this.scroll.prepend(this.heads);
  }

  listen() {
    this.svg.addEventListener("pointerover", (event) => this.point(event.target));
    this.svg.addEventListener("pointerleave", () => this.current && showFields(this.panel, this.current));
    this.svg.addEventListener("focusin", (event) => this.choose(event.target.closest(".event")));
    this.svg.addEventListener("click", (event) => event.target.closest(".event")?.focus({ preventScroll: true }));
    this.scroll.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    for (const button of this.box.querySelectorAll("[data-zoom]")) {
      button.addEventListener("click", () => this.press(button.dataset.zoom));
    }
  }

  point(target) {
    const teller = tellerOf(target, this.svg);
    if (teller) showFields(this.panel, teller);
  }

  choose(event) {
    if (!event) return;
    (this.current ?? this.events[0]).setAttribute("tabindex", "-1");
    this.mark(false);
    this.current = event;
    event.setAttribute("tabindex", "0");
    this.mark(true);
    showFields(this.panel, event);
  }

  mark(on) {
    if (!this.current) return;
    this.current.classList.toggle("chosen", on);
    const number = this.current.dataset.expectation;
    if (number !== undefined) {
      this.case.querySelector(`tr[data-expectation="${Number(number)}"]`)?.classList.toggle("chosen", on);
    }
  }

  focus(event) {
    if (!event) return;
    event.focus({ preventScroll: true });
    this.reveal(event);
  }

  // Bring an event into sight: below the names of the lines, and not under the page's own bar.
  reveal(event) {
    const box = event.getBoundingClientRect(), frame = this.scroll.getBoundingClientRect();
    const over = this.heads ? this.heads.getBoundingClientRect().height : 0;
    if (box.top < frame.top + over) this.scroll.scrollTop -= frame.top + over - box.top + 12;
    else if (box.bottom > frame.bottom - 12) this.scroll.scrollTop += box.bottom - frame.bottom + 24;
    event.scrollIntoView({ block: "nearest", inline: "nearest", behavior: "instant" });
  }

  // Steps from the current event to the next one that fits; true if the key was one of ours.
  key(name) {
    const place = this.events.indexOf(this.current);
    const from = (step) => {
      const same = name === "ArrowLeft" || name === "ArrowRight";
      for (let next = place + step; next >= 0 && next < this.events.length; next += step) {
        if (!same || this.events[next].dataset.host === this.current?.dataset.host) return this.events[next];
      }
      return null;
    };
    const ways = {
      ArrowDown: () => from(1), ArrowRight: () => from(1), ArrowUp: () => from(-1), ArrowLeft: () => from(-1),
      Home: () => this.events[0], End: () => this.events.at(-1),
    };
    if (!(name in ways)) return false;
    this.focus(ways[name]());
    return true;
  }

  at(place) {
    return this.events.find((one) => Number(one.dataset.place) === place) ?? null;
  }

  press(how) {
    if (how === "fit") this.fit(LEAST, MOST);
    else this.zoom(how === "one" ? 1 : this.scale * (how === "in" ? STEP : 1 / STEP));
  }

  fit(least, most) {
    this.zoom(Math.min(most, Math.max(least, (this.scroll.clientWidth - 4) / this.width)));
  }

  // What is in the middle stays there.
  zoom(scale) {
    const before = this.scale;
    this.scale = Math.min(MOST, Math.max(LEAST, scale));
    const middle = { x: this.scroll.scrollLeft + this.scroll.clientWidth / 2, y: this.scroll.scrollTop + this.scroll.clientHeight / 2 };
    this.svg.style.width = `${this.width * this.scale}px`;
    this.svg.style.height = `${this.height * this.scale}px`;
    if (this.heads) {
      this.heads.style.width = this.svg.style.width;
      this.heads.style.height = `${this.high * this.scale}px`;
      this.svg.style.marginTop = `-${this.high * this.scale}px`;
    }
    if (before) {
      this.scroll.scrollLeft = (middle.x * this.scale) / before - this.scroll.clientWidth / 2;
      this.scroll.scrollTop = (middle.y * this.scale) / before - this.scroll.clientHeight / 2;
    }
    this.box.querySelector("output").textContent = `${Math.round(this.scale * 100)}%`;
  }

  wheel(event) {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    this.zoom(this.scale * (event.deltaY < 0 ? 1.1 : 1 / 1.1));
  }
}
