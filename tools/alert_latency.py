"""How soon an alert is on the supervisor's page: the demo's three calls, at real speed, seen in headless Chromium.

    .venv/bin/python tools/alert_latency.py [--json]

For each alert, the seconds from the end of the phrase that caused it to its appearance in the page's DOM, by the wall clock of
this machine. The phrase's end is taken twice: as the product timed the words (`at`), and, where the alert's finding meets a
label of the call, from the label: its phrase's place in the labelled turn. The first is the product's own word, the second
is not.
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
from playwright.async_api import async_playwright

from monitor import app, config, demo, labels
from monitor.ingest.play import Recording, play

ROOT = Path(__file__).parent.parent
WATCH = """
window.seen = {};
new MutationObserver(() => {
  for (const item of document.querySelectorAll('[data-testid="alert-feed"] [data-alert]'))
    window.seen[item.dataset.call + ' ' + item.dataset.alert] ??= Date.now() / 1000;
}).observe(document, {subtree: true, childList: true, attributes: true});
"""


async def measure(folder: Path) -> list[dict[str, Any]]:
    """One row an alert: call, alert, severity, `own` and `labelled` seconds (None where no label fits)."""
    settings = config.Config(
        server=config.Server(port=0), data=config.Data(folder=folder), model=config.Model(folder=ROOT / "models")
    )
    began: dict[str, float] = {}
    with app.bind(settings.server) as listener:
        port = int(listener.getsockname()[1])
        async with app.service(settings) as running, async_playwright() as tool:
            serving = asyncio.create_task(app.serve(running, listener))
            path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
            browser = await tool.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
            page = await browser.new_page(viewport={"width": 1366, "height": 3000})
            await page.add_init_script(WATCH)
            await page.goto(f"http://127.0.0.1:{port}/")
            await page.wait_for_selector('[data-testid="connection"][data-state="live"]')
            cast = [Recording(path=demo.CALLS / name, call=Path(name).stem) for name, *_ in demo.CAST]
            await play(
                cast,
                url=f"ws://127.0.0.1:{port}/ingest",
                token=running.token,
                started=lambda path, call: began.setdefault(call, time.time()),
            )
            seen = await page.evaluate("window.seen")
            rows = []
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
                for call, start in began.items():
                    record = (await client.get(f"/api/calls/{call}")).json()
                    rows += [row for alert in record["alerts"] if (row := one(alert, record, start, seen))]
            await browser.close()
            signal.raise_signal(signal.SIGINT)
            await serving
    return rows


def one(alert: dict[str, Any], record: dict[str, Any], start: float, seen: dict[str, float]) -> dict[str, Any] | None:
    """The row of one alert; None where the page never showed it."""
    shown = seen.get(f"{alert['call']} {alert['id']}")
    if shown is None:
        print(f"never on the page: {alert['call']} {alert['id']}")
        return None
    finding = next((one for one in record["findings"] if one["id"] in alert["because"] and one["end"] == alert["at"]), None)
    truth = labels.load(demo.CALLS / f"{alert['call']}.json")
    ended = labels.phrase_end(truth, labels.Found.model_validate(finding)) if finding else None
    return {
        "call": alert["call"],
        "alert": alert["id"],
        "severity": alert["severity"],
        "own": round(shown - start - alert["at"], 2),
        "labelled": None if ended is None else round(shown - start - ended, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = asyncio.run(measure(Path(folder) / "data"))
    figures: dict[str, Any] = {"alerts": len(rows)}
    for name in ("own", "labelled"):
        values = [row[name] for row in rows if row[name] is not None]
        quantiles = np.quantile(values, [0.5, 0.95, 1.0]).round(2).tolist() if values else [None] * 3
        figures[name] = dict(zip(("p50", "p95", "max"), quantiles, strict=True)) | {"count": len(values)}
    if arguments.json:
        print(json.dumps({"rows": rows, **figures}, ensure_ascii=False))
        return
    for row in rows:
        print(f"{row['call']:8} {row['severity']:9} {row['own']:6.2f} {row['labelled'] or float('nan'):6.2f}  {row['alert']}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
