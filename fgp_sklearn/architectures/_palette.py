"""Colours that people with colour vision deficiency can distinguish, on light and dark backgrounds."""

from __future__ import annotations

# Okabe and Ito, "Color Universal Design", 2008, with grey instead of black. The first ones suit lines best.
OKABE_ITO = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#999999", "#f0e442")


def colour_of(code: int) -> str:
    """Colour number `code` of the palette, which is repeated cyclically."""
    return OKABE_ITO[code % len(OKABE_ITO)]


def ink_on(colour: str) -> str:
    """Black or white, whichever has the higher contrast with `colour` by WCAG 2."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#000000" if (luminance + 0.05) ** 2 > 1.05 * 0.05 else "#ffffff"
