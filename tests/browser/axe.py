"""What axe-core finds on a page: every breach of WCAG 2.0 and 2.1, levels A and AA, that a program can tell.

Where it cannot tell a contrast, the element must be one of UNJUDGED, whose words are measured here against what they stand on,
or lie under an open layer; any other is a fault.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from playwright.async_api import Page

from tests.road.support import ROOT

OPTIONS = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]},
    "resultTypes": ["violations", "incomplete"],
    "checks": {
        "color-contrast": {
            "options": {
                "ignorePseudo": True,  # they are stripes and dots here, never what words stand on
                "ignoreLength": True,  # a Chinese word may be one character
                "ignoreUnicode": True,
                "boldValue": 700,
                "boldTextPt": 14,
                "largeTextPt": 18,
                "contrastRatio": {"normal": {"expected": 4.5}, "large": {"expected": 3}},
                "pseudoSizeThreshold": 0.25,
            }
        }
    },
}
UNJUDGED = (
    ".ant-select-content",  # its own input, which shows nothing, lies over it
    "input[role=combobox]",  # that input: it holds no words
    ".row-alert-more",  # the row is cut at its edge
    ".values-one > i",  # an arrow, hidden from those who do not see it
    # What a sticky head or the end of a scrolled region hides in part.
    ".setting-about",
    "[data-step] small",
    "li > q",
)
# What lies under one of these is judged when it is closed.
LAYERS = ".ant-dropdown, .ant-modal-wrap, .ant-popover, .ant-select-dropdown, .ant-tooltip"
RUN = """
async ([options, known, layers]) => {
    const hides = (layer, one) => {
        const [over, under] = [layer.getBoundingClientRect(), one.getBoundingClientRect()];
        return !layer.contains(one) && over.width > 0 && over.left < under.right && under.left < over.right
            && over.top < under.bottom && under.top < over.bottom;
    };
    const pen = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    const shade = layers => {
        for (const layer of layers) {
            pen.fillStyle = "#010203";
            pen.fillStyle = layer;
            if (pen.fillStyle === "#010203") throw new Error(`a canvas does not know the colour ${layer}`);
            pen.fillRect(0, 0, 1, 1);
        }
        return [...pen.getImageData(0, 0, 1, 1).data.slice(0, 3)];
    };
    const luminance = colour => {
        const linear = part => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
        const [red, green, blue] = colour.map(part => linear(part / 255));
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const ratio = one => {  // of WCAG 2.1, its words against the colours behind them
        const styles = [];
        for (let at = one; at !== null; at = at.parentElement) styles.unshift(getComputedStyle(at));
        if (styles.some(({ backgroundImage, opacity }) => backgroundImage !== "none" || opacity !== "1")) return 0;
        const grounds = ["white", ...styles.map(({ backgroundColor }) => backgroundColor)];
        const [words, ground] = [[...grounds, styles.at(-1).color], grounds].map(layers => luminance(shade(layers)) + 0.05);
        return Math.max(words, ground) / Math.min(words, ground);
    };
    const legible = one => (one.value ?? one.textContent).trim() === "" || ratio(one) >= 4.5;
    const hidden = one => [...document.querySelectorAll(layers)].some(layer => hides(layer, one));
    const excused = one => (one.matches(known) && legible(one)) || hidden(one);
    const { violations, incomplete } = await axe.run(document, options);
    const said = ({ id, nodes }) => nodes.map(one => `${id}: ${one.html.slice(0, 160)} ${one.failureSummary}`);
    const contrast = incomplete.filter(({ id }) => id === "color-contrast").map(({ nodes }) => ({
        id: "color-contrast, not to be told",
        nodes: nodes.filter(one => !excused(document.querySelector(one.target.at(-1)))),
    }));
    return [...violations, ...contrast].flatMap(said);
}
"""


@cache
def _source() -> str:
    file = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
    assert file.exists(), "axe-core is not installed: make setup"
    return file.read_text("utf-8")


async def faults(page: Page) -> list[str]:
    """Each element at fault, and why; nothing moves meanwhile."""
    await page.emulate_media(reduced_motion="reduce")
    await page.evaluate("Promise.all(document.getAnimations().map(one => one.finished.catch(() => undefined)))")
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(_source())  # not as a script element: the pages' policy lets none in
    found: Any = await page.evaluate(RUN, [OPTIONS, ", ".join(UNJUDGED), LAYERS])
    return [str(one) for one in found]
