"""What each shape of webhook is sent: signed as its makers say, within its bounds, and no markup but ours."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from monitor.deliveries import Delivery, Parcel
from monitor.page.policy import masked
from monitor.records import CallView
from monitor.webhooks.message import message
from monitor.webhooks.words import harmless
from tests.archive import make

from .support import KEY, SECRET, endpoint

NOW = make.START + timedelta(seconds=90, milliseconds=250)
STAMP = int(NOW.timestamp())
URL = f"https://robot.example.com/send?key={KEY}"
PAGES = "https://monitor.example.com"
ROBOTS = ("wecom", "dingtalk", "feishu")
HOSTILE = (
    "<@all> @所有人 <at id=all></at>",
    '<at user_id="all">所有人</at> @13800138000',
    "[点我](https://evil.example/a?b=c)",
    "![](http://evil.example/x.png) [a]: http://evil.example",
    "**粗** _斜_ ~~删~~ `码` ***",
    "# 题 > 引 | 表 | {模板}",
    '<font color="warning">红</font> &lt;b&gt; \\*',
    "dingtalk://dingtalkclient/page www.evil.example",
    "\u202e反\u200b写\r\n## 换行\u2028行\x00\x1b[31m\n\n---\n1. 项",
    "a@evil.example mailto:a@evil.example",
)


def delivery(**more: Any) -> Delivery:
    call = CallView(
        id="c 1/2",
        started=make.START,
        agent="王芳",
        team="一组",
        customer="13812342233",
        model="base",
        source="live",
        status="live",
    )
    known: dict[str, Any] = {"raised": make.START, "text": "我要投诉你们", "speaker": "customer", "at": 66.4, "call": "c 1/2"}
    alert = make.alert(**{"id": "external_threat@u1", **known, **more})
    return Delivery(id=1, webhook="duty", alert=alert, call=call, state="waiting", attempts=1, created=NOW, due=NOW, why=None)


def parcel(*deliveries: Delivery) -> Parcel:
    return Parcel("019-id", deliveries or (delivery(),))


def sent(shape: str, *deliveries: Delivery, pages: str = PAGES) -> Any:
    return json.loads(message(endpoint(URL, shape), parcel(*deliveries), pages, masked, NOW).body)


def words(shape: str, body: Any) -> str:
    """All that a robot shows of a message, as it takes it: markdown, or plain text."""
    if shape == "wecom":
        return str(body["markdown"]["content"])
    if shape == "dingtalk":
        return f"{body['markdown']['title']}\n{body['markdown']['text']}"
    card = body["card"]
    return "\n".join(
        [card["header"]["title"]["content"], *(one["text"]["content"] for one in card["elements"] if "text" in one)]
    )


def test_a_service_is_told_all_with_a_signature_it_can_check() -> None:
    made = message(endpoint(URL), parcel(), PAGES, masked, NOW)
    assert made.url == URL
    stamp = made.headers["X-Callmonitor-Timestamp"]
    digest = hmac.new(SECRET.encode(), f"{stamp}.".encode() + made.body, hashlib.sha256).hexdigest()
    assert made.headers["X-Callmonitor-Signature"] == f"sha256={digest}"
    assert (stamp, made.headers["Idempotency-Key"]) == (str(STAMP), "019-id")
    assert json.loads(made.body) == {
        "id": "019-id",
        "alert": {
            "id": "external_threat@u1",
            "rule": "external_threat",
            "severity": "critical",
            "title": "扬言",
            "text": "我要投诉你们",
            "speaker": "customer",
            "at": 66.4,
            "raised": "2026-11-22T01:00:00.000+00:00",
            "status": "open",
        },
        "call": {
            "id": "c 1/2",
            "started": "2026-11-22T01:00:00.000+00:00",
            "agent": "王芳",
            "team": "一组",
            "customer": "138****2233",
        },
        "link": "https://monitor.example.com/#/calls/c%201%2F2/alerts/external_threat%40u1",
    }


def test_dingtalk_is_signed_in_its_address() -> None:
    made = message(endpoint(URL, "dingtalk"), parcel(), PAGES, masked, NOW)
    query = parse_qs(urlsplit(made.url).query)
    stamp = str(STAMP * 1000 + 250)
    sign = base64.b64encode(hmac.new(SECRET.encode(), f"{stamp}\n{SECRET}".encode(), hashlib.sha256).digest()).decode()
    assert query == {"key": [KEY], "timestamp": [stamp], "sign": [sign]}
    assert json.loads(made.body)["at"] == {"isAtAll": False}


def test_feishu_is_signed_in_its_body() -> None:
    body = sent("feishu")
    sign = base64.b64encode(hmac.new(f"{STAMP}\n{SECRET}".encode(), b"", hashlib.sha256).digest()).decode()
    assert (body["timestamp"], body["sign"]) == (str(STAMP), sign)
    bare = replace(endpoint(URL, "feishu"), secret=None)
    assert "sign" not in json.loads(message(bare, parcel(), PAGES, masked, NOW).body)


def test_wecom_has_its_key_in_the_address_alone() -> None:
    made = message(endpoint(URL, "wecom"), parcel(), PAGES, masked, NOW)
    assert made.url == URL
    assert KEY not in made.body.decode()


@pytest.mark.parametrize("shape", ROBOTS)
def test_a_robot_says_who_what_and_where(shape: str) -> None:
    body = sent(shape)
    text = words(shape, body)
    for part in ("【严重告警】扬言", "坐席 王芳 · 班组 一组 · 客户 138＊＊＊＊2233", "客户说：“我要投诉你们”", "通话第 1:06"):
        assert part in text
    assert "13812342233" not in json.dumps(body)
    assert "https://monitor.example.com/#/calls/c%201%2F2/alerts/external_threat%40u1" in json.dumps(body)
    assert "http" not in json.dumps(sent(shape, pages="")), "no link without an address"


@pytest.mark.parametrize("shape", ROBOTS)
@pytest.mark.parametrize("words_", HOSTILE)
def test_words_from_outside_become_no_markup_mention_or_link(shape: str, words_: str) -> None:
    hostile = delivery(title=words_, text=words_)
    hostile = replace(hostile, call=replace(hostile.call, agent=words_, team=words_, customer="@all<at id=all>"))
    harmless_ones = delivery(title="题", text="话")
    text, plain = words(shape, sent(shape, hostile)), words(shape, sent(shape, harmless_ones))
    if shape != "feishu":  # ours: the link in brackets
        ours = re.compile(r"\[打开通话\]\(https://monitor\.example\.com/[^)]*\)$", re.MULTILINE)
        text, found = ours.subn("", text)
        assert found == 1
        plain = ours.sub("", plain)
    for sign in "<@[]()_`~#\\!&|{}":
        assert sign not in text, sign
    for sign in "*>":  # ours: the bold title, the quoted lines
        assert text.count(sign) == plain.count(sign), sign
    assert "://" not in text
    assert not re.search(r"\w\.(com|example|png)", text)
    assert text.count("\n") == plain.count("\n"), "nor a line of their own"
    assert not re.search("[\u0000-\u0009\u000b-\u001f\u200b-\u200f\u202a-\u202e]", text)


@pytest.mark.parametrize("shape", ROBOTS)
@pytest.mark.parametrize("count", [1, 2, 50])
def test_whatever_is_told_stays_within_what_a_robot_takes(shape: str, count: int) -> None:
    long = delivery(title="题" * 500, text="话" * 5_000)
    long = replace(long, call=replace(long.call, agent="名" * 900, team="组" * 900, customer="1" * 900, id="c" * 64))
    made = message(endpoint(URL, shape), parcel(*[long] * count), PAGES + "/" + "p" * 200, masked, NOW)
    text = words(shape, json.loads(made.body))
    if shape == "wecom":
        assert len(text.encode()) <= 4_096
    assert len(made.body) <= 20_000
    shown, rest = text.count("通话第"), re.search(r"另有 (\d+) 条", text)
    assert shown >= 1
    assert shown + (int(rest[1]) if rest else 0) == count, "what is not shown is counted"


@pytest.mark.parametrize("text", ["", "投", "投" * 3_000, "😀投诉", "half \ud83d", "\u0000", "12.5 元，3.14 倍，10:30"])
def test_any_text_can_be_told(text: str) -> None:
    for shape in (*ROBOTS, "json"):
        assert sent(shape, delivery(text=text))
    assert len(harmless(text, 160)) <= 160


def test_figures_and_times_stay_as_they_are() -> None:
    assert harmless("退我 12.5 元，10:30 前，￥3.14，ABC-1", 160) == "退我 12.5 元，10:30 前，￥3.14，ABC-1"
