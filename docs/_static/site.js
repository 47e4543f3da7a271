// The theme gives no name to what expands a section of the navigation, and screen readers would say none.
document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("nav .has-children > details > summary").forEach((summary) => {
    const link = summary.closest(".has-children").querySelector("a");
    summary.setAttribute("aria-label", `Pages below ${link.textContent.trim()}`);
  });
});

// Docutils calls references a list, of which they are no items, and gives each an outdated role.
document.addEventListener("DOMContentLoaded", () => {
  document
    .querySelectorAll(".citation-list[role=list], [role=doc-biblioentry]")
    .forEach((element) => element.removeAttribute("role"));
});

// Long names in narrow places break between their words, and figures and options do not break.
document.addEventListener("DOMContentLoaded", () => {
  const ends = /(?<=[a-z])(?=[A-Z])|(?<=[A-Z\d])(?=[A-Z][a-z])|(?<=[\w)][_.(=/])(?=[A-Za-z"])/;
  const withBreaks = (part, number) => (number ? [document.createElement("wbr"), part] : part);
  const breakNames = (places, longest) => document.querySelectorAll(places).forEach((element) => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walker.nextNode()) texts.push(walker.currentNode);
    for (const text of texts) {
      const words = text.data.split(/(?<=\s)/);
      if (words.every((word) => word.length <= longest)) continue;
      text.replaceWith(...words.flatMap((word) => (word.length > longest ? word.split(ends).flatMap(withBreaks) : word)));
    }
    element.normalize();
  });
  breakNames(".bd-article :is(h1, h2, h3, td, th), .bd-sidebar nav a, .prev-next-title", 10);
  breakNames(".bd-article :is(p, li, dd) code, .bd-article .classifier", 28);
  document.querySelectorAll(".bd-article td").forEach((cell) => {
    if (/^(?=.*\d)(?!.*, )([\d.,±%/()+−≤≥\s-]|\b(of|x|s|ms|MB|GB)\b)+$/.test(cell.textContent)) cell.classList.add("figures");
  });
  document.querySelectorAll(".bd-article code .pre").forEach((word) => {
    word.classList.toggle("option", /^--?\w[\w-]{0,20}$/.test(word.textContent));
  });
});

// On the page of benchmarks, headings of tables sort, and the table of all results has filters.
document.addEventListener("DOMContentLoaded", () => {
  if (!/\/benchmarks(\.html)?$/.test(location.pathname)) return;
  const text = (row, column) => row.cells[column].textContent.trim();
  const number = (string) => parseFloat(string.replaceAll(",", ""));

  // The largest numbers come first, or last at the next click; cells without a number always come last.
  const sort = (table, column, order) => {
    const sign = order === "ascending" ? 1 : -1;
    const rows = [...table.tBodies[0].rows].map((row) => ({ row, text: text(row, column) }));
    rows.forEach((entry) => (entry.number = number(entry.text)));
    const numeric = rows.some((entry) => !Number.isNaN(entry.number));
    const compare = (one, other) => {
      if (!numeric) return sign * one.text.localeCompare(other.text);
      const missing = Number.isNaN(one.number) - Number.isNaN(other.number);
      return missing || sign * (one.number - other.number) || 0;
    };
    table.tBodies[0].append(...rows.sort(compare).map(({ row }) => row));
    for (const cell of table.tHead.rows[0].cells) cell.removeAttribute("aria-sort");
    table.tHead.rows[0].cells[column].setAttribute("aria-sort", order);
  };
  document.querySelectorAll("article table").forEach((table) => {
    if (table.tHead === null) return;
    [...table.tHead.rows[0].cells].forEach((cell, column) => {
      const place = cell.querySelector("p") ?? cell;
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = place.textContent.trim() || "name";
      button.addEventListener("click", () => {
        sort(table, column, cell.getAttribute("aria-sort") === "descending" ? "ascending" : "descending");
      });
      place.replaceChildren(button);
    });
  });

  // The filters: by space, number of labels, kind of predictor, and part of its name.
  const table = document.querySelector("#all-results table");
  const rows = [...table.tBodies[0].rows];
  const ranges = { "up to 40": [0, 40], "41 to 200": [41, 200], "more than 200": [201, Infinity] };
  const distinct = (column) => [...new Set(rows.map((row) => text(row, column)))];
  const within = (row, chosen) => {
    const [least, most] = ranges[chosen];
    return least <= number(text(row, 1)) && number(text(row, 1)) <= most;
  };
  const filters = [
    { label: "Space", column: 0, options: distinct(0), holds: (row, chosen) => text(row, 0) === chosen },
    { label: "Labels", options: Object.keys(ranges), holds: within },
    { label: "Kind of predictor", column: 3, options: distinct(3), holds: (row, chosen) => text(row, 3) === chosen },
    { label: "Predictor has", holds: (row, part) => text(row, 2).toLowerCase().includes(part.toLowerCase()) },
  ];
  const form = document.createElement("form");
  form.className = "table-filters";
  form.setAttribute("aria-label", "Filters of the table of all results");
  for (const filter of filters) {
    const label = document.createElement("label");
    filter.control = document.createElement(filter.options ? "select" : "input");
    if (filter.options) filter.control.append(new Option("all", ""), ...filter.options.map((name) => new Option(name)));
    else filter.control.type = "search";
    label.append(filter.label, filter.control);
    form.append(label);
  }
  const reset = document.createElement("button");
  reset.type = "reset";
  reset.textContent = "Show all";
  const count = document.createElement("output");
  count.setAttribute("aria-live", "polite");
  form.append(reset, count);
  const apply = () => {
    const active = filters.filter(({ control }) => control.value);
    const shown = rows.filter((row) => {
      row.hidden = !active.every(({ holds, control }) => holds(row, control.value));
      return !row.hidden;
    });
    table.dataset.one = active.map(({ column }) => column).join(" "); // columns that now have a single text
    count.value = `${shown.length.toLocaleString("en")} of ${rows.length.toLocaleString("en")} rows`;
  };
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(apply));
  const box = table.parentElement;
  box.classList.add("all-results");
  box.before(form);
  filters[0].control.value = text(rows[0], 0);
  filters[1].control.value = "41 to 200";
  apply();
  sort(table, 4, "descending");
});
