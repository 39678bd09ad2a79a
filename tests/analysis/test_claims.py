"""Repeated claims: the labelled dialogues and scripts as a whole, and one by one what counts and what does not."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pytest

from monitor.analysis import embedder, playbook, sentiment
from monitor.analysis import text as texts
from monitor.analysis.claim_language import Language
from monitor.analysis.claims import Claims
from monitor.analysis.context import Act, Context, Said
from monitor.analysis.dialogues import read as read_dialogues
from monitor.analysis.repeats import Scorer
from monitor.errors import ConfigError
from monitor.records import Finding, Speaker
from tests.analysis.talk import Line, dialogues, said, scripts

SHEET = playbook.BUILT_IN / "claims.toml"
EMBEDDER = embedder.load()
KINDS = [None] if EMBEDDER is None else [None, EMBEDDER]


@lru_cache(maxsize=1)
def language() -> Language:
    return Language(SHEET, sentiment.corpus())


@lru_cache(maxsize=1)
def scorer() -> Scorer:
    return Scorer(playbook.BUILT_IN / "repeats.toml")


def run(lines: Sequence[Line], embed: embedder.Embedder | None = None) -> tuple[Claims, list[tuple[Line, list[Finding]]]]:
    claims, heard = Claims(language(), scorer(), embed), []
    for line in lines:
        heard_now = Said(line.utterance, texts.read(line.utterance.text))
        found = claims.judge(heard_now, Context())
        claims.settle(replace(heard_now, findings=tuple(found)))
        heard.append((line, found))
    return claims, heard


def call(*turns: str) -> tuple[Claims, list[Finding]]:
    """A call in which customer and agent take turns, the customer first; the findings on the customer's last turn."""
    lines = [
        Line(said("agent" if index % 2 else "customer", turn, 10.0 * index), False, ()) for index, turn in enumerate(turns)
    ]
    claims, heard = run(lines)
    return claims, heard[-1][1]


def figures(calls: Sequence[Sequence[Line]], embed: embedder.Embedder | None) -> tuple[float, float]:
    """F1, and the share of differing figures that were marked with both values."""
    right = wrong = missed = differing = marked = 0
    for lines in calls:
        for line, found in run(lines, embed)[1]:
            right += bool(found) and line.repeats
            wrong += bool(found) and not line.repeats
            missed += not found and line.repeats
            differing += bool(line.values)
            marked += bool(line.values and found and found[0].values == line.values)
    return 2 * right / (2 * right + wrong + missed), marked / max(1, differing)


@pytest.mark.parametrize("embed", KINDS, ids=lambda embed: "by wording" if embed is None else "by meaning too")
def test_calls_that_nothing_was_fitted_to(embed: embedder.Embedder | None) -> None:
    score, _ = figures(dialogues("dialogues_held_out"), embed)
    assert score >= (0.7 if embed is None else 0.75)


@pytest.mark.parametrize("embed", KINDS, ids=lambda embed: "by wording" if embed is None else "by meaning too")
def test_calls_of_the_fit(embed: embedder.Embedder | None) -> None:
    score, marked = figures(dialogues("dialogues", "dialogues_more", "sample"), embed)
    assert score >= (0.75 if embed is None else 0.8)
    assert marked >= 0.6


@pytest.mark.parametrize("embed", KINDS, ids=lambda embed: "by wording" if embed is None else "by meaning too")
def test_bundled_calls(embed: embedder.Embedder | None) -> None:
    score, marked = figures(scripts(), embed)
    assert score >= (0.75 if embed is None else 0.8)
    assert marked >= 0.8


@pytest.mark.skipif(EMBEDDER is None, reason="no embedder on this machine")
def test_meaning_finds_more_than_wording() -> None:
    calls = dialogues("dialogues", "dialogues_more", "dialogues_held_out")
    assert figures(calls, EMBEDDER)[0] > figures(calls, None)[0]


def test_the_same_words_again() -> None:
    claims, found = call("洗衣机漏水，漏了一地。", "好的，给您登记。", "洗衣机漏水漏了一地，你们到底管不管？")
    assert [(finding.count, finding.first, finding.inconsistent) for finding in found] == [(2, 0.0, False)]
    assert found[0].because.startswith("第 2 次说到，首次在 0:00")
    assert [claim.times for claim in claims.repeated] == [[0.0, 20.0]]


def test_the_evidence_lies_on_the_words_that_repeat() -> None:
    _, found = call("洗衣机漏水，漏了一地。", "好的，给您登记。", "你听我说，洗衣机又漏水漏了一地。")
    words = "你听我说，洗衣机又漏水漏了一地。"
    assert found[0].span is not None
    assert words[slice(*found[0].span)] == found[0].text == "洗衣机又漏水漏了一地"


def test_misheard_words_still_match_by_sound() -> None:
    assert call("我的快递箱子被你们压坏了。", "请您拍照上传。", "我的快弟箱仔被你们鸭坏了！")[1]


def test_counts_by_turn_and_three_times_is_three() -> None:
    claims, found = call(
        "空调不制冷，屋里三十多度。",
        "您重启一下。",
        "空调还是不制冷，屋里三十多度。",
        "再等等。",
        "空调不制冷啊，屋里三十多度！",
    )
    assert found[0].count == 3
    assert claims.repeated[0].times == [0.0, 20.0, 40.0]


def test_within_one_turn_nothing_is_a_repeat() -> None:
    lines = [
        Line(said("customer", "洗衣机漏水，漏了一地。", 0.0), False, ()),
        Line(said("agent", "嗯。", 3.0), False, ()),
        Line(said("customer", "洗衣机漏水漏了一地啊！", 4.0), False, ()),
    ]
    assert not any(found for _, found in run(lines)[1])


def test_two_sums_for_one_claim_are_shown_side_by_side() -> None:
    claims, found = call("地板泡坏了，你们赔我地板三千块。", "我们核实一下。", "地板泡坏了，赔我五千块！")
    assert (found[0].inconsistent, found[0].values) == (True, ("三千块", "五千块"))
    assert claims.repeated[0].values == ["三千块", "五千块"]


@pytest.mark.parametrize(
    ("first", "again", "values"),
    [
        ("师傅上门开口就要我四百六。", "他张口就要我五百六，抢钱啊！", ("四百六", "五百六")),
        ("我九月三号签的协议。", "我八月三十号签的协议，你们就拖着？", ("九月三号", "八月三十号")),
        ("改签我已经打了两次电话了，没办成。", "我来来回回打了四次电话，改签还没办成。", ("两次", "四次")),
        ("车里那台相机砸坏了，五千多块呢。", "反正那台相机八千多块，你们不能不认。", ("五千多块", "八千多块")),
        ("充满电跑不到二十里。", "充满电只能骑十公里，给我换电瓶！", ("二十里", "十公里")),
        ("你们亲口答应修车给我两万块。", "我告诉你，修车三万块，一分都不能少！", ("两万块", "三万块")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_figures_that_differ(first: str, again: str, values: tuple[str, str]) -> None:
    _, heard = run(
        [
            Line(said("customer", first, 0.0), False, ()),
            Line(said("agent", "这个不可能的，没有这回事。", 8.0), False, ()),
            Line(said("customer", again, 12.0), False, ()),
        ],
        EMBEDDER,
    )
    assert heard[-1][1], again
    assert heard[-1][1][0].values == values


def test_a_phone_number_is_no_sum() -> None:
    _, found = call("你们得赔我地板钱，三千块！", "你电话多少？", "电话要3801122233，地板你们赔我五千块！")
    assert found[0].values == ("三千块", "五千块")


def test_what_was_stressed_most_comes_first() -> None:
    turns = (
        "你好，我想说一下，空调不制冷，屋里三十多度。",
        "我们查一下，没有问题。",
        "空调就是不制冷！另外发票你们也没给我开。",
        "这个不归我们管。",
        "空调不制冷你们管不管？发票也没开！",
    )
    lines = [Line(said("agent" if at % 2 else "customer", turn, 10.0 * at), False, ()) for at, turn in enumerate(turns)]
    claims, _ = run(lines, EMBEDDER)
    assert "空调" in claims.stressed[0].text
    assert len(claims.stressed[0].text) <= 26
    loud = replace(lines[2], utterance=replace(lines[2].utterance, arousal=1.0))
    assert run([loud])[0].stressed[0].stress >= 1


@pytest.mark.parametrize(
    ("first", "again"),
    [
        ("我打了三次电话都没人接。", "我打了3次电话都没人接！"),
        ("我在家等了五个多小时没人来。", "我在家等了五个小时没人来！"),
        ("你们的电话我打了四次没人接。", "你们的电话我打了八百遍没人接！"),
        ("你们的师傅迟到了两个小时。", "说错了，你们的师傅迟到了三个小时。"),
    ],
    ids=["written otherwise", "about as long", "hyperbole", "taken back"],
)
def test_figures_that_agree(first: str, again: str) -> None:
    _, found = call(first, "我看一下记录。", again)
    assert found
    assert not found[0].inconsistent


@pytest.mark.parametrize(
    "again",
    [
        "我刚才不是告诉你了吗？",
        "我都说了三遍了！",
        "我已经说过了。",
        "同样的话我要说几遍？",
        "一开头我就说了！",
        "怎么又问我这个？",
        "我再跟你说一遍。",
        "我都跟你讲过了。",
        "我前面都报过给你了。",
    ],
)
def test_saying_so_counts(again: str) -> None:
    _, found = call("我的订单尾号是六六八一，昨天就该到了。", "您单号多少来着？", again)
    assert found, again
    assert "客户说已经讲过" in found[0].because


@pytest.mark.parametrize(
    "again",
    [
        "你刚才跟我说的是三天到。",
        "你们客服跟我说了可以退。",
        "业务员当时说了终身免费。",
        "报警我报过了，没用。",
        "我刚才说话有点急。",
        "没说错吧，是周三？",
        "你再说一遍，我拿笔记一下。",
        "这事谁说了算？",
    ],
)
def test_others_words_and_other_things_do_not(again: str) -> None:
    assert not call("我家路由器昨晚开始一直闪红灯。", "我查一下线路。", again)[1], again


@pytest.mark.parametrize(
    ("first", "between", "again"),
    [
        ("我的单号尾号是六六八一。", "麻烦您再报一下单号。", "尾号六六八一。"),
        ("箱子是银色的，二十八寸。", "您能描述一下箱子吗？", "银色的箱子，二十八寸。"),
        ("上个月十五号买的冰箱。", "您是上个月十五号买的冰箱，对吗？", "对，上个月十五号买的冰箱。"),
        ("让她给我道歉。", "今晚七点，我们经理带她过来，当面跟您道歉。", "嗯，当面道歉，这还像句话。"),
        ("什么时候能修好？", "师傅明天下午四点上门。", "明天下午四点，好。"),
        ("谢谢你啊。", "不客气。", "好的，谢谢你啊。"),
        ("你好。", "您好，请讲。", "喂，你好。"),
    ],
    ids=["asked again", "asked for", "checked back", "offer accepted", "time accepted", "thanks", "greetings"],
)
def test_answers_and_politeness_are_no_claims(first: str, between: str, again: str) -> None:
    assert not call(first, between, again)[1]


@pytest.mark.parametrize(
    ("first", "again"),
    [
        ("叫你们总经理来跟我讲！", "我只跟你们管事的谈。"),
        ("你不给我退，我就打12315。", "我现在就去消协举报你们！"),
        ("我要找记者曝光你们！", "我发抖音，让媒体都来看看！"),
        ("让她给我道歉。", "她不给我道歉可不行。"),
    ],
    ids=["supervisor", "regulator", "exposure", "apology"],
)
def test_demands_and_threats_in_other_words(first: str, again: str) -> None:
    assert call(first, "您的心情我理解。", again)[1]


def test_agent_and_unknown_speakers_claim_nothing() -> None:
    speakers: tuple[Speaker, ...] = ("agent", "customer", "agent")
    lines = [Line(said(who, "洗衣机漏水，漏了一地。", 5.0 * at), False, ()) for at, who in enumerate(speakers)]
    lines += [Line(said("unknown", "洗衣机漏水，漏了一地。", 5.0 * at), False, ()) for at in range(4, 7)]
    assert not any(found for _, found in run(lines)[1])


@pytest.mark.parametrize("text", ["", "。", "啊", "😀😀", "OK thank you", "洗衣機漏水漏了一地", "漏水" * 1500, "，" * 3000])
def test_odd_texts_neither_crash_nor_hang(text: str) -> None:
    lines = [Line(said("customer", text, 0.0), False, ()), Line(said("agent", "我查一下。", 5.0), False, ())]
    run([*lines, Line(said("customer", text, 9.0), False, ())])


def test_a_call_of_many_hours_keeps_a_bounded_memory() -> None:
    rng = random.Random(3)
    nouns = [chr(code) + chr(code + 7) for code in range(0x4E10, 0x4E10 + 4000, 13)]
    lines = [
        Line(
            said(
                "agent" if index % 2 else "customer",
                f"我的{rng.choice(nouns)}又坏了，{rng.choice(nouns)}也没人来看。",
                5.0 * index,
            ),
            False,
            (),
        )
        for index in range(900)
    ]
    claims, _ = run(lines)
    assert len(claims._mentions) <= 240


@pytest.mark.parametrize(
    ("line", "fault"),
    [('social = "("', "social: is no regular expression"), ('typo = "x"', "typo: unknown key"), ("social = 3", "social: ")],
)
def test_a_sites_faulty_file_is_named_with_its_line(tmp_path: Path, line: str, fault: str) -> None:
    source = [row for row in SHEET.read_text("utf-8").splitlines() if not row.startswith("social")]
    source.insert(0, line)
    path = tmp_path / "claims.toml"
    path.write_text("\n".join(source), "utf-8")
    with pytest.raises(ConfigError, match=f"claims.toml:1: {fault}"):
        Language(path, [])


@pytest.mark.parametrize("probability", [0.9, 0.5])
def test_the_act_of_having_said_it_counts_when_it_is_sure(probability: float) -> None:
    lines = [
        Line(said("customer", "我的订单尾号是六六八一，昨天就该到了。", 0.0), False, ()),
        Line(said("agent", "您单号多少来着？", 8.0), False, ()),
    ]
    claims, _ = run(lines)
    text = texts.read("合着我前头白费口舌了？")
    act = Act("retold", 0, len(text.norm), probability, "我都讲了三遍了")
    found = claims.judge(Said(said("customer", text.original, 12.0), text, (act,)), Context())
    assert bool(found) == (probability > 0.75)


def test_a_likeness_that_what_is_done_does_not_bear_out_is_no_repetition() -> None:
    def uttered(who: Speaker, words: str, **acts: float) -> Said:
        text = texts.read(words)
        does = tuple(Act(label, 0, len(text.norm), chance, "") for label, chance in acts.items())
        return Said(said(who, words), text, does, frozenset(("thanks", "dissatisfied", "cause_product")))

    def likely(**acts: float) -> float:
        claims = Claims(language(), scorer(), None)
        claims.settle(uttered("customer", "空调装了三天就不制冷，屋里热得没法待。", cause_product=0.9))
        claims.settle(uttered("agent", "好的，我先给您记一下。"))
        pairs = [likeness for likeness, _ in claims.likenesses(uttered("customer", "空调不制冷，屋里热得很。", **acts))]
        return max(scorer().scores(pairs, None))

    assert likely(thanks=0.95) == 0.0
    assert likely(dissatisfied=0.9, cause_product=0.9) > 0.3


def test_a_draft_gives_what_its_final_gives() -> None:
    lines = [line for line in dialogues("dialogues_more")[0] if not line.asks_again]
    claims, _ = run(lines[:-1], EMBEDDER)
    last = Said(lines[-1].utterance, texts.read("科目二一次都没给我约上！"))
    draft, final = claims.judge(last, Context()), claims.judge(last, Context())
    assert draft == final != []


def test_two_figures_of_different_things_are_no_contradiction() -> None:
    _, found = call("地板泡坏了，你们赔我地板三千块。", "我们核实一下。", "地板泡坏了，这房子我装修花了二十万。")
    assert all(not finding.inconsistent for finding in found)


def test_weights_must_be_complete(tmp_path: Path) -> None:
    path = tmp_path / "repeats.toml"
    path.write_text((playbook.BUILT_IN / "repeats.toml").read_text("utf-8").replace("cover =", "covers ="), "utf-8")
    with pytest.raises(ConfigError, match=r"repeats.toml: weights: cover, covers: one weight for each of words, "):
        Scorer(path)


@pytest.mark.parametrize("line", ["X 你好", "C", "C! 赔我三千|两千", "C+ 你好|三千|两千"])
def test_a_faulty_dialogue_is_named_with_its_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "calls.txt"
    path.write_text(f"A 您好。\n{line}\n", "utf-8")
    with pytest.raises(ConfigError, match=r"calls.txt:2: is no turn of a dialogue"):
        read_dialogues(path)


@pytest.mark.parametrize("text", ["派件员的电话我打了八百遍了，没人接！", "那我再发一遍照片。", "你刚才跟我说的三天到。"])
def test_doing_it_again_is_not_saying_it_again(text: str) -> None:
    lines = [
        Line(said("customer", "我的快递到了，箱子是坏的。", 0.0), False, ()),
        Line(said("agent", "好的。", 8.0), False, ()),
    ]
    claims, _ = run(lines)
    heard = texts.read(text)
    act = Act("retold", 0, len(heard.norm), 0.95, "我都讲了三遍了")
    assert not claims.judge(Said(said("customer", text, 12.0), heard, (act,)), Context())
