"""What webhooks did not take: who sees it, sends it again, gives it up; and that this stands in the audit log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.deliveries import Queued, WebhookState
from monitor.page.webhooks import Webhooks
from monitor.people import User

from .support import BOSS, CHECKER, CHIEF, LEAD, NINE, STAFF, WANG, Site, alert, info, site

DUTY = WebhookState("duty", "wecom", "qyapi.weixin.qq.com", ("critical",), (), NINE, None, None)


class Courier:
    """Its tasks do not run here; only that it is woken matters."""

    def __init__(self) -> None:
        self.woken: list[str] = []

    def about(self) -> Sequence[WebhookState]:
        return [DUTY]

    def wake(self, webhooks: Iterable[str]) -> None:
        self.woken += webhooks


async def bury(site: Site, call: str, team: str | None, webhook: str = "duty") -> None:
    """A call with an alert that a webhook refused."""
    await site.archive.add(info(call, team=team))
    await site.archive.add(alert(call), [Queued(webhook, NINE, NINE)])
    taken = await site.archive.outbox.take(webhook, NINE, f"parcel-{call}-{webhook}", 1, timedelta(hours=1))
    assert taken.parcel
    await site.archive.outbox.bury(taken.parcel.id, NINE, "answers with 93000: invalid webhook url")


def serve(site: Site) -> Courier:
    courier = Courier()
    site.app.include_router(Webhooks(site.archive.outbox, courier, lambda: NINE).router)
    return courier


async def test_dead_letters_are_shown_to_those_whose_calls_they_are_of(tmp_path: Path) -> None:
    async with site(tmp_path, people=STAFF) as page:
        serve(page)
        await bury(page, "c1", "一组")
        await bury(page, "c3", "三组")
        for who, calls in ((BOSS, {"c1", "c3"}), (CHIEF, {"c1", "c3"}), (LEAD, {"c1"})):
            await page.sign_in(who)
            answer = (await page.client.get("/api/webhooks")).json()
            assert {letter["call"] for letter in answer["dead"]} == calls
            assert answer["webhooks"] == [
                {
                    "name": "duty",
                    "shape": "wecom",
                    "host": "qyapi.weixin.qq.com",
                    "severities": ["critical"],
                    "teams": [],
                    "waiting": 0,
                    "last": "2026-11-22T09:00:00.000+08:00",
                    "why": None,
                    "again": None,
                }
            ]
        letter = answer["dead"][0]
        assert letter | {"id": 0} == {
            "id": 0,
            "webhook": "duty",
            "call": "c1",
            "alert": "a1",
            "rule": "external_threat",
            "title": "威胁投诉",
            "severity": "critical",
            "agent": "小王",
            "team": "一组",
            "raised": "2026-11-22T01:00:00.000+00:00",
            "died": "2026-11-22T01:00:00.000+00:00",
            "attempts": 1,
            "why": "answers with 93000: invalid webhook url",
        }


@pytest.mark.parametrize("who", [CHECKER, WANG], ids=["qa", "agent"])
async def test_others_see_nothing_and_change_nothing(tmp_path: Path, who: User) -> None:
    async with site(tmp_path, people=STAFF) as page:
        serve(page)
        await bury(page, "c1", "一组")
        (letter,) = await page.archive.outbox.dead()
        assert (await page.client.get("/api/webhooks")).status_code == 401
        await page.sign_in(who)
        for answer in (
            await page.client.get("/api/webhooks"),
            await page.client.post(f"/api/webhooks/dead/{letter.id}", json={"order": "drop"}),
        ):
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")
        assert await page.archive.outbox.dead() == [letter]


async def test_a_dead_letter_is_sent_again_or_given_up_once_and_audited(tmp_path: Path) -> None:
    async with site(tmp_path, people=STAFF) as page:
        courier = serve(page)
        await bury(page, "c1", "一组")
        await bury(page, "c2", "一组")
        await bury(page, "c3", "三组")
        await page.sign_in(LEAD)
        ids = {letter.alert.call: letter.id for letter in await page.archive.outbox.dead()}
        for call, order in (("c1", "retry"), ("c2", "drop")):
            answer = await page.client.post(f"/api/webhooks/dead/{ids[call]}", json={"order": order})
            assert answer.status_code == 200
            assert call not in {letter["call"] for letter in answer.json()["dead"]}
        assert courier.woken == ["duty", "duty"]
        assert (await page.archive.outbox.standing())["duty"].waiting == 1
        for id in (ids["c1"], ids["c3"], 999):
            answer = await page.client.post(f"/api/webhooks/dead/{id}", json={"order": "retry"})
            assert (answer.status_code, answer.json()["error"]["code"]) == (404, "unknown_delivery"), "done, another's, none"
        trail = [(one.who, one.action, one.call, one.detail) for one in await page.archive.audits() if "webhook" in one.action]
        detail = {"webhook": "duty", "alert": "a1"}
        assert trail == [(LEAD.name, "webhook_drop", "c2", detail), (LEAD.name, "webhook_retry", "c1", detail)]


async def test_what_is_for_a_webhook_that_is_no_more_can_only_be_given_up(tmp_path: Path) -> None:
    async with site(tmp_path, people=STAFF) as page:
        serve(page)
        await bury(page, "c1", "一组", webhook="old")
        (letter,) = await page.archive.outbox.dead()
        await page.sign_in(replace(BOSS))
        answer = await page.client.post(f"/api/webhooks/dead/{letter.id}", json={"order": "retry"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "unknown_webhook")
        for body in ({}, {"order": "burn"}, {"order": "drop", "all": True}):
            assert (await page.client.post(f"/api/webhooks/dead/{letter.id}", json=body)).status_code == 422
        assert (await page.client.post("/api/webhooks/dead/0", json={"order": "drop"})).status_code == 422
        assert (await page.client.post(f"/api/webhooks/dead/{letter.id}", json={"order": "drop"})).status_code == 200
        assert await page.archive.outbox.dead() == []
