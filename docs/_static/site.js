// The theme gives no name to what expands a section of the navigation, and screen readers would say none.
document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("nav .has-children > details > summary").forEach((summary) => {
    const link = summary.closest(".has-children").querySelector("a");
    summary.setAttribute("aria-label", `Pages below ${link.textContent.trim()}`);
  });
});

// Docutils calls references a list, of which they are no items.
document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll(".citation-list[role=list]").forEach((list) => list.removeAttribute("role"));
});

// A heading of a table of the benchmarks sorts its rows: the largest numbers first, or last at the next click.
document.addEventListener("DOMContentLoaded", () => {
  if (!/\/benchmarks(\.html)?$/.test(location.pathname)) return;
  const sort = (table, column, order) => {
    const sign = order === "ascending" ? 1 : -1;
    const rows = [...table.tBodies[0].rows].map((row) => {
      const text = row.cells[column].textContent.trim();
      return { row, text, number: parseFloat(text) };
    });
    const numeric = rows.some(({ number }) => !Number.isNaN(number));
    const value = ({ number }) => (Number.isNaN(number) ? -Infinity : number);
    const compare = (one, other) =>
      numeric ? value(one) - value(other) || 0 : one.text.localeCompare(other.text);
    rows.sort((one, other) => sign * compare(one, other));
    table.tBodies[0].append(...rows.map(({ row }) => row));
    for (const cell of table.tHead.rows[0].cells) cell.removeAttribute("aria-sort");
    table.tHead.rows[0].cells[column].setAttribute("aria-sort", order);
  };
  document.querySelectorAll("article table").forEach((table) => {
    if (table.tHead === null) return;
    [...table.tHead.rows[0].cells].forEach((cell, column) => {
      const place = cell.querySelector("p") ?? cell;
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = place.textContent.trim() || "row";
      button.addEventListener("click", () => {
        sort(table, column, cell.getAttribute("aria-sort") === "descending" ? "ascending" : "descending");
      });
      place.replaceChildren(button);
    });
  });
});
