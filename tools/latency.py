"""How soon alerts and whispers are on people's pages: the demo's three calls, at real speed, seen in headless Chromium.

    .venv/bin/python tools/latency.py [--json]

For each alert on the supervisor's page and each whisper on its agent's, the seconds from the end of the phrase that caused it
to its appearance in the page's DOM, by the wall clock of this machine. The phrase's end is taken twice: as the product timed
the words (`at`; of a whisper the moment from which it might be sent: the end of its phrase if that was guessed at once, of its
utterance if not, or of its wait for its turn), and, where the finding that caused it meets a label of the call, from the
label: its phrase's place in the labelled turn. The first is the product's own word, the second is not, and has the rest of the
utterance in it; a whisper that waited beyond its utterance has only the first. The calls are played once for the supervisor's
page and once for the agents', for a browser's work is not the service's.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import signal
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from playwright.async_api import Browser, Page, async_playwright

from monitor import app, config, demo, labels
from monitor.ingest.play import Recording, play

ROOT = Path(__file__).parent.parent
AFTER = 0.5  # seconds after an utterance's end in which a whisper comes with it
WATCH = """
window.seen = {};
new MutationObserver(() => {
  for (const { dataset } of document.querySelectorAll('[data-testid="alert-feed"] [data-alert]'))
    window.seen[`${dataset.call} ${dataset.alert}`] ??= Date.now() / 1000;
  const call = document.querySelector('[data-testid="agent-page"]')?.dataset.call;
  for (const { dataset } of document.querySelectorAll('[data-testid="whisper"]'))
    window.seen[`${call} ${dataset.whisper}`] ??= Date.now() / 1000;
}).observe(document, {subtree: true, childList: true, attributes: true});
"""


async def measure(folder: Path, what: str) -> list[dict[str, Any]]:
    """One row an alert or whisper: call, what, id, why, `own` and `labelled` seconds (None where no label fits)."""
    settings = config.Config(
        server=config.Server(port=0), data=config.Data(folder=folder), model=config.Model(folder=ROOT / "models")
    )
    began: dict[str, float] = {}
    with app.bind(settings.server) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        async with app.service(settings) as running, async_playwright() as tool:
            serving = asyncio.create_task(app.serve(running, listener))
            path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
            browser = await tool.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
            if what == "alert":
                pages = [await opened(browser, f"http://{address}/", (1366, 3000))]
            else:
                pages = [await opened(browser, f"http://{address}/agent", (400, 768), agent) for _, agent, *_ in demo.CAST]
            cast = [Recording(path=demo.CALLS / name, call=Path(name).stem, agent=agent) for name, agent, *_ in demo.CAST]
            await play(
                cast,
                url=f"ws://{address}/ingest",
                token=running.token,
                started=lambda path, call: began.setdefault(call, time.time()),
            )
            seen = {key: when for page in pages for key, when in (await page.evaluate("window.seen")).items()}
            rows = []
            async with httpx.AsyncClient(base_url=f"http://{address}", trust_env=False) as client:
                for call, start in began.items():
                    record = (await client.get(f"/api/calls/{call}")).json()
                    rows += [row for one in record[f"{what}s"] if (row := timed(what, one, record, start, seen))]
            await browser.close()
            signal.raise_signal(signal.SIGINT)
            await serving
    return rows


async def opened(browser: Browser, address: str, size: tuple[int, int], agent: str = "") -> Page:
    """A page in a profile of its own that notes when it shows what; an agent's follows the calls of `agent`."""
    context = await browser.new_context(viewport={"width": size[0], "height": size[1]})
    await context.add_init_script(WATCH)
    kept = json.dumps({"name": agent})
    await context.add_init_script(f"localStorage.setItem('callmonitor.agent', {json.dumps(kept)})")
    page = await context.new_page()
    await page.goto(address)
    await page.wait_for_selector('[data-testid="agent-waiting"]' if agent else '[data-testid="connection"][data-state="live"]')
    return page


def timed(
    what: str, one: dict[str, Any], record: dict[str, Any], start: float, seen: dict[str, float]
) -> dict[str, Any] | None:
    """The row of one alert or whisper; None where no page showed it."""
    shown = seen.get(f"{one['call']} {one['id']}")
    if shown is None:
        print(f"never on the page: {one['call']} {what} {one['id']}")
        return None
    over = {utterance["id"]: utterance["end"] for utterance in record["utterances"]}
    causes = [f for f in record["findings"] if f["id"] in one["because"]]
    if what == "alert":
        causes = [f for f in causes if f["end"] == one["at"]]
    else:
        causes = [f for f in causes if one["at"] <= over.get(f["utterance"], 0.0) + AFTER]
    finding = max(causes, key=lambda f: f["end"], default=None)
    truth = labels.load(demo.CALLS / f"{one['call']}.json")
    ended = labels.phrase_end(truth, labels.Found.model_validate(finding)) if finding else None
    return {
        "call": one["call"],
        "what": what,
        "id": one["id"],
        "why": one["severity"] if what == "alert" else one["rule"],
        "own": round(shown - start - one["at"], 2),
        "labelled": None if ended is None else round(shown - start - ended, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = [row for what in ("alert", "whisper") for row in asyncio.run(measure(Path(folder) / what, what))]
    figures: dict[str, Any] = {}
    for what in ("alert", "whisper"):
        its = [row for row in rows if row["what"] == what]
        known = {name: [row[name] for row in its if row[name] is not None] for name in ("own", "labelled")}
        figures[f"{what}s"] = {name: spread(values) for name, values in known.items()}
    if arguments.json:
        print(json.dumps({"rows": rows, **figures}, ensure_ascii=False))
        return
    for row in rows:
        labelled = float("nan") if row["labelled"] is None else row["labelled"]
        print(f"{row['call']:8} {row['what']:8} {row['own']:6.2f} {labelled:6.2f}  {row['id']:24} {row['why']}")
    print(json.dumps(figures))


def spread(values: list[float]) -> dict[str, Any]:
    quantiles = np.quantile(values, [0.5, 0.95, 1.0]).round(2).tolist() if values else [None] * 3
    return dict(zip(("p50", "p95", "max"), quantiles, strict=True)) | {"count": len(values)}


if __name__ == "__main__":
    main()
