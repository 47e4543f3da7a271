"""The summary of the accuracy benchmark: ranks, and where the default is not among the best."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from _lookup import TITLES, n_labels, short
from _ranks import Ranks
from _results import CHAMPION, Cells, Key, figures
from _rows import BLOCKS, CELLS, ROWS
from _spaces import FAMILIES, FEW, LABELS

ALL = "All spaces"
CLOSE = 0.005  # in Kendall tau
# The same regressor on the encodings of cells and of blocks.
SAME = {
    "forest on one-hot layers": "forest on one-hot",
    "boosting on layers": "boosting on one-hot",
    "GP on one-hot layers": "GP on one-hot",
}
Means = dict[Key, tuple[float, float]]  # Kendall tau and precision at the top


def overview(cells: Cells) -> Iterator[str]:
    """First and second by mean rank in each group of settings, and the first of other predictors."""
    yield "| settings | first by mean rank | second | first of other regressors |"
    yield "|" + "---|" * 4
    for title, found in ranked(grouped(cells)).items():
        order = sorted(range(len(found.rows)), key=found.mean.__getitem__)
        other = next(i for i in order if is_other(found.rows[i]))
        n = len(found.spaces)
        names = [
            f"{found.rows[i]}: best in {found.best[i]} of {n}, {short(found.behind[i])} behind"
            for i in (*order[:2], other)
        ]
        yield f"| {title} | {' | '.join(names)} |"


def is_other(row: str) -> bool:
    """Whether a row is none of the estimators of this library."""
    return not row.startswith("flow GP") and ROWS[row].pretext == "" and "supervised" not in row


def ranking(cells: Cells) -> Iterator[str]:
    """Ranks in groups of settings."""
    for title, found in ranked(grouped(cells)).items():
        yield from (f"### {title}", "", *rank_table(found), "")


def summary(cells: Cells) -> Iterator[str]:
    """How far the default is behind, and how GRAF compares with it."""
    groups = grouped(cells)
    yield from ("### The default and the best other row", "", *standing(groups), "", *losses(groups), "")
    yield from ("### The default and GRAF", "", *graf(groups))


def comparable(row: str) -> bool:
    """Whether a row knows no more than the default: no proxies, no chosen labels."""
    return ROWS[row].pretext != "proxies" and not ROWS[row].chosen_labels


def grouped(cells: Cells) -> dict[str, Means]:
    """Means of comparable rows, in groups of settings."""
    means = {key: tuple(figures(cell).mean(axis=0)) for key, cell in cells.items() if comparable(key[2])}
    shares = {key: value for key, value in means.items() if key[1] in LABELS[FAMILIES[key[0]]]}
    few = {key: value for key, value in means.items() if key[1] in FEW and key[0] in CELLS}
    groups = {
        ALL: (
            {(space, share, SAME.get(row, row)): shares[space, share, row] for space, share, row in shares},
            CHAMPION,
        ),
        "Cells, 1 to 10 % of labels": ({key: shares[key] for key in shares if key[0] in CELLS}, CHAMPION),
        "Cells, 8 to 40 labels": (few, "flow GP"),
        "Chains of blocks": ({key: shares[key] for key in shares if key[0] in BLOCKS}, CHAMPION),
    }
    found = {title: with_row(*group) for title, group in groups.items()}
    return {title: group for title, group in found.items() if group}


def with_row(means: Means, row: str) -> Means:
    """Of settings that have a row."""
    return {key: value for key, value in means.items() if (*key[:2], row) in means}


def ranked(groups: dict[str, Means]) -> dict[str, Ranks]:
    """Ranks by Kendall tau of groups with three rows, which tests need."""
    found = {
        title: Ranks.of({key: tau for key, (tau, _) in means.items()}) for title, means in groups.items()
    }
    return {title: ranks for title, ranks in found.items() if len(ranks.rows) > 2}


def rank_table(found: Ranks) -> Iterator[str]:
    """Rows by mean rank."""
    p = found.against(CHAMPION) if CHAMPION in found.rows else {}
    n, n_spaces = len(found.spaces), len(set(found.spaces))
    yield f"{n} settings of {n_spaces} spaces. The p-value of Friedman's test is {found.friedman():.1g}."
    yield from ("", "| | mean rank | best in | behind the best by | p |", "|" + "---|" * 5)
    for i in sorted(range(len(found.rows)), key=found.mean.__getitem__):
        row = found.rows[i]
        significance = f"{p[row]:.2g}" if row in p else ""
        columns = f"{found.mean[i]:.1f} | {found.best[i]} of {n} | {short(found.behind[i])} | {significance}"
        yield f"| {row} | {columns} |"


def margins(means: Means) -> Iterator[tuple[str, str, str, float]]:
    """Per setting: the best row but the default, and by how much the default is ahead of it."""
    for space, share in dict.fromkeys(key[:2] for key in means if key[2] == CHAMPION):
        others = {key: tau for key, (tau, _) in means.items() if key[:2] == (space, share)}
        own = others.pop((space, share, CHAMPION))
        best = max(others, key=others.__getitem__)
        yield space, share, best[2], own - others[best]


def standing(groups: dict[str, Means]) -> Iterator[str]:
    """How often the default is ahead, close, or behind."""
    yield f"*Close* is within {short(CLOSE)} of the tau of the best other row, whichever it is in a setting."
    yield from ("", "| | settings | ahead | close | behind | best of all |", "|" + "---|" * 6)
    for title, means in groups.items():
        by = [margin for *_, margin in margins(means)]
        if not by:
            continue
        counts = [
            sum(m > CLOSE for m in by),
            sum(abs(m) <= CLOSE for m in by),
            sum(m < -CLOSE for m in by),
            sum(m >= 0 for m in by),
        ]
        yield f"| {title} | {len(by)} | {' | '.join(map(str, counts))} |"


def losses(groups: dict[str, Means]) -> Iterator[str]:
    """Settings in which another row is ahead by more than a little."""
    means = settings(groups)
    found = sorted((margin, *setting) for *setting, margin in margins(means) if margin < -CLOSE)
    yield "Settings in which it is behind (Kendall tau / P@1%):" if found else "It is behind in no setting."
    if found:
        yield from ("", "| space | labels | default | best other row | its figures |", "|" + "---|" * 5)
    for _, space, share, row in found:
        own, other = (pair(means[space, share, name]) for name in (CHAMPION, row))
        yield f"| {TITLES[space]} | {n_labels(space, share):,} | {own} | {row} | {other} |"


def graf(groups: dict[str, Means]) -> Iterator[str]:
    """Settings in which a row of GRAF has a higher figure than the default."""
    means = settings(groups)
    compared, ahead, lines = 0, [0, 0], []
    for space, share in dict.fromkeys(key[:2] for key in means):
        own = means.get((space, share, CHAMPION))
        rows = [key for key in means if key[:2] == (space, share) and key[2].startswith("GRAF")]
        if own is None or not rows:
            continue
        compared += 1
        best = [max(rows, key=lambda key: means[key][figure]) for figure in (0, 1)]
        behind = [means[best[figure]][figure] > own[figure] for figure in (0, 1)]
        ahead = [count + (not lost) for count, lost in zip(ahead, behind, strict=True)]
        cells = [
            f"{key[2]}: {pair(means[key])}" if lost else "" for key, lost in zip(best, behind, strict=True)
        ]
        if any(behind):
            lines.append(
                f"| {TITLES[space]} | {n_labels(space, share):,} | {pair(own)} | {' | '.join(cells)} |"
            )
    yield f"No row of GRAF has a higher tau than the default in {ahead[0]} of {compared} settings,"
    yield f"and none a higher P@1% in {ahead[1]}. The others (Kendall tau / P@1%):"
    yield from ("", "| space | labels | default | highest tau | highest P@1% |", "|" + "---|" * 5, *lines)


def settings(groups: dict[str, Means]) -> Means:
    """Means of all groups but the one in which rows of cells and of blocks have the same name."""
    return {key: figures for title in groups if title != ALL for key, figures in groups[title].items()}


def pair(figures: Iterable[float]) -> str:
    """Kendall tau and precision at the top."""
    return " / ".join(map(short, figures))


def draw(cells: Cells, path: Path) -> None:
    """Mean ranks, and how far from the first a row may be by chance."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    groups = ranked(grouped(cells))
    mpl.rcParams.update({"svg.hashsalt": "ranks", "font.size": 9})  # the same file from the same figures
    heights = [len(found.rows) + 3 for found in groups.values()]
    canvas = Figure(figsize=(7.5, 0.19 * sum(heights)), layout="constrained")
    axes = canvas.subplots(len(groups), gridspec_kw={"height_ratios": heights})
    for axis, (title, found) in zip(axes, groups.items(), strict=True):
        order = sorted(range(len(found.rows)), key=found.mean.__getitem__)
        best = found.mean[order[0]]
        axis.axvspan(best, best + found.critical_difference(), color="0.88")
        axis.plot(found.mean[order], range(len(order)), "o", color="#1f6fb4")
        axis.set_yticks(range(len(order)), [found.rows[i] for i in order])
        axis.set_ylim(len(order) - 0.5, -0.5)
        axis.set_title(title, loc="left", fontsize=9)
        axis.spines[["top", "right"]].set_visible(False)
    axes[-1].set_xlabel("mean rank")
    canvas.savefig(path, metadata={"Date": None})
