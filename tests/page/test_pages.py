from __future__ import annotations

from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from tests.page.support import error_of, site

INDEX = '<!doctype html><script type="module" src="/assets/app-1a2b.js"></script>'
SCRIPT = "console.log(1)"


def write_pages(folder: Path) -> None:
    assets = folder / "dist" / "assets"
    assets.mkdir(parents=True)
    (folder / "dist" / "index.html").write_text(INDEX, "utf-8")
    (folder / "dist" / "icon.svg").write_text("<svg/>", "utf-8")
    (assets / "app-1a2b.js").write_text(SCRIPT, "utf-8")
    (folder / "secret.txt").write_text("secret", "utf-8")


async def test_every_address_the_pages_make_up_is_the_page(tmp_path: Path) -> None:
    write_pages(tmp_path)
    async with site(tmp_path) as served:
        for path in ("/", "/calls/0193-a.b:c", "/settings", "/index.html", "/apis", "/nul%00", "/" + "x" * 300):
            response = await served.client.get(path)
            assert (response.status_code, response.text) == (200, INDEX), path
            assert response.headers["content-type"] == "text/html; charset=utf-8"
            assert response.headers["cache-control"] == "no-cache"


async def test_hashed_assets_are_kept_for_ever_and_a_missing_one_is_missing(tmp_path: Path) -> None:
    write_pages(tmp_path)
    async with site(tmp_path) as served:
        response = await served.client.get("/assets/app-1a2b.js")
        assert response.text == SCRIPT
        assert response.headers["content-type"].startswith(("text/javascript", "application/javascript"))
        assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
        response = await served.client.get("/assets/app-of-last-week.js")  # as HTML it would be a puzzle in the console
        assert (response.status_code, error_of(response)) == (404, "not_found")


async def test_other_files_are_asked_for_again_but_sent_once(tmp_path: Path) -> None:
    write_pages(tmp_path)
    async with site(tmp_path) as served:
        response = await served.client.get("/icon.svg")
        assert (response.text, response.headers["cache-control"]) == ("<svg/>", "no-cache")
        again = await served.client.get("/icon.svg", headers={"If-None-Match": response.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


async def test_nothing_outside_the_folder_is_served(tmp_path: Path) -> None:
    write_pages(tmp_path)
    async with site(tmp_path) as served:
        for path in ("/..%2fsecret.txt", "/assets/..%2f..%2fsecret.txt", "/%2e%2e/secret.txt", "/..%5csecret.txt"):
            assert "secret" not in (await served.client.get(path)).text, path


async def test_a_head_and_no_body(tmp_path: Path) -> None:
    write_pages(tmp_path)
    async with site(tmp_path) as served:
        response = await served.client.head("/")
        assert (response.status_code, response.content) == (200, b"")


async def test_pages_not_built_yet_say_how(tmp_path: Path) -> None:
    async with site(tmp_path) as served:
        response = await served.client.get("/")
        assert response.status_code == 503
        assert "`make setup`" in response.text
        assert response.headers["content-type"] == "text/plain; charset=utf-8"
        write_pages(tmp_path)  # no restart needed
        assert (await served.client.get("/")).text == INDEX


async def test_no_socket_but_the_live_one(tmp_path: Path) -> None:
    async with site(tmp_path) as served:
        with pytest.raises(InvalidStatus) as caught:
            await served.socket("/calls/c1")
        assert caught.value.response.status_code == 403
