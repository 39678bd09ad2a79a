"""What axe-core finds on a page: every breach of WCAG 2.0 and 2.1, levels A and AA, that a program can tell."""

from __future__ import annotations

from functools import cache
from typing import Any

from playwright.async_api import Page

from tests.road.support import ROOT

OPTIONS = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]},
    "resultTypes": ["violations"],
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
RUN = """
async options => {
    const { violations } = await axe.run(document, options);
    return violations.flatMap(({ id, nodes }) => nodes.map(one => `${id}: ${one.html.slice(0, 160)} ${one.failureSummary}`));
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
    found: Any = await page.evaluate(RUN, OPTIONS)
    return [str(one) for one in found]
