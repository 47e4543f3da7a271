// Order of what the search finds: pages for users before the reference, and pages for developers last.
var Scorer = {
  score: ([page, title, , , score, , kind]) => {
    const words = new URLSearchParams(window.location.search).get("q") ?? "";
    const named = kind === "text" && words && title.toLowerCase().includes(words.toLowerCase()) ? 4 : 0;
    if (/^(guide|recipes|how_good|tour|choosing)(\/|$)/.test(page)) return score + named + 3;
    if (/^auto_examples\//.test(page)) return score + named + 2;
    if (/^(architecture|developers|changes|ablations|speed|scaling|stability|compatibility)$/.test(page)) {
      return score - 4;
    }
    return score + named + (kind === "object" ? 6 : 0);
  },
  // The values of Sphinx, which has no others if this file exists.
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
