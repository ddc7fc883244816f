"use strict";

// Search. The index stands in the page: d = [id, text], c = [place in d, name, type, classification, description].
const box = document.getElementById("q");
if (box) {
  const { d, c } = JSON.parse(document.getElementById("index").textContent);
  const results = document.getElementById("results");
  const status = document.getElementById("status");
  const browse = document.getElementById("browse");
  const datasets = d.map(([id, text]) => ({ id, name: id.toLowerCase(), text: text.toLowerCase(), about: text }));
  const columns = c.map(([of, name, type, classification, about]) => ({
    id: d[of][0], label: name, type, classification, about,
    name: name.toLowerCase(), text: [d[of][0], type, classification, about].join(" ").toLowerCase(),
  }));
  const most = 40; // what a person may still look through

  // The better the name fits, the higher; 0 means that some word is nowhere.
  const fit = (entry, words) => {
    let points = 1;
    for (const word of words) {
      const at = entry.name.indexOf(word);
      if (at < 0 && !entry.text.includes(word)) return 0;
      points += at < 0 ? 1 : entry.name === word ? 100 : at === 0 ? 40 : 20;
    }
    return points;
  };
  const find = (entries, words) => entries.map((entry) => [fit(entry, words), entry]).filter(([points]) => points)
    .sort(([a], [b]) => b - a).map(([, entry]) => entry);

  const element = (name, text, parent) => {
    const made = document.createElement(name);
    if (text) made.textContent = text;
    if (parent) parent.append(made);
    return made;
  };
  const marked = (name, text, words, parent) => {
    const made = element(name, "", parent);
    const pattern = new RegExp("(" + words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|") + ")", "i");
    text.split(pattern).forEach((part, i) => (i % 2 ? element("mark", part, made) : made.append(part)));
    return made;
  };
  const list = (title, found, words, row) => {
    if (!found.length) return;
    element("h2", title, results);
    const items = element("ul", "", results);
    items.className = "results";
    for (const entry of found.slice(0, most)) {
      const link = element("a", "", element("li", "", items));
      row(entry, link, words);
    }
    if (found.length > most) element("p", `and ${found.length - most} more: add a word`, results).className = "quiet";
  };
  const plural = (n, noun) => `${n} ${noun}${n === 1 ? "" : "s"}`;

  const search = () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    results.replaceChildren();
    results.hidden = !words.length;
    browse.hidden = !!words.length;
    if (!words.length) {
      status.textContent = "";
      return;
    }
    const sets = find(datasets, words);
    const cols = find(columns, words);
    status.textContent = sets.length + cols.length ? `${plural(sets.length, "dataset")}, ${plural(cols.length, "column")}` : "Nothing found. Try fewer or shorter words.";
    list("Columns", cols, words, (entry, link) => {
      link.href = `dataset/${entry.id}.html#column-${entry.label}`;
      marked("strong", entry.label, words, link);
      element("span", `${entry.id} · ${entry.type} · ${entry.classification}`, link).className = "quiet";
      marked("p", entry.about, words, link);
    });
    list("Datasets", sets, words, (entry, link) => {
      link.href = `dataset/${entry.id}.html`;
      marked("strong", entry.id, words, link);
      marked("p", entry.about, words, link);
    });
  };

  box.addEventListener("input", search);
  box.form.addEventListener("submit", (event) => {
    event.preventDefault();
    results.querySelector("a")?.focus();
  });
  // A link to a search: index.html?q=price. Also what a browser restores into the box on the way back.
  const asked = new URLSearchParams(location.search).get("q");
  if (asked) box.value = asked;
  addEventListener("pageshow", () => box.value && search());

  addEventListener("keydown", (event) => {
    const typing = event.target === box;
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      box.focus();
      box.select();
    } else if (event.key === "Escape" && (typing || results.contains(event.target))) {
      event.preventDefault();
      box.value = "";
      search();
      box.focus();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const stops = [box, ...results.querySelectorAll("a")];
      const at = stops.indexOf(event.target);
      if (at < 0 || stops.length < 2) return;
      event.preventDefault();
      stops[Math.min(stops.length - 1, Math.max(0, at + (event.key === "ArrowDown" ? 1 : -1)))].focus();
    }
  });
}

// Lineage: the box under the pointer or the focus shows its way, from its sources to its uses.
for (const svg of document.querySelectorAll("svg.lineage")) {
  const edges = [...svg.querySelectorAll(".edge")];
  const nodes = new Map([...svg.querySelectorAll(".node")].map((node) => [node.dataset.id, node]));
  const reach = (id, from, to, on) => {
    for (const edge of edges) {
      if (edge.dataset[from] !== id) continue;
      on.add(edge);
      const next = nodes.get(edge.dataset[to]);
      if (next && !on.has(next)) {
        on.add(next);
        reach(next.dataset.id, from, to, on);
      }
    }
  };
  const ask = (id) => {
    const on = new Set([nodes.get(id)]);
    if (id) {
      reach(id, "from", "to", on);
      reach(id, "to", "from", on);
    }
    svg.classList.toggle("asked", !!id);
    for (const part of [...nodes.values(), ...edges]) part.classList.toggle("on", !!id && on.has(part));
  };
  for (const [id, node] of nodes) {
    node.addEventListener("pointerenter", () => ask(id));
    node.addEventListener("pointerleave", () => ask(null));
    node.addEventListener("focus", () => ask(id));
    node.addEventListener("blur", () => ask(null));
  }
  // On a narrow screen the box of this page is where one starts.
  const current = svg.querySelector(".current rect");
  const frame = svg.parentElement;
  if (current && frame.scrollWidth > frame.clientWidth) frame.scrollLeft = current.x.baseVal.value - (frame.clientWidth - current.width.baseVal.value) / 2;
}

// Copying needs a clipboard; without one the button stays away.
for (const button of document.querySelectorAll(".copy")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(button.closest(".query").querySelector("code").textContent);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Not allowed";
    }
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
}
