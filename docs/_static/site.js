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
