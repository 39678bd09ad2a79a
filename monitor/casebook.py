"""What people decided about alerts, as labelled cases in the formats there are. Pure.

`lines` are rows of a playbook's lines.tsv (monitor.check): a line of which something was decided, and the rules that stand.
`calls` are labelled calls as `callmonitor evaluate --text` reads them (monitor.labels): what was found and not called false is
a label, the turn of a false alarm a hard negative; type and validity are as the monitor judged them. Words that were heard
wrong are in neither: what was really said is not known.

Neither names anybody: a call goes by the day it began and a number, and nobody's notes are in it. In what was said, long
numbers and the names that their surroundings tell are 某 for every character; what else was said of a person stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from monitor.records import SYSTEM, Alert, CallRecord, Finding, Utterance

LINED = ("banned_phrase", "overpromise", "escalation")  # kinds that lines.tsv is about
CONTRARY = ("misheard", "other_sense", "quoted", "joking")  # false alarms whose words do not bear what was found
MASK = "某"

_DIGIT = "[0-9０-９〇零一二三四五六七八九幺两]"
_NUMBER = re.compile(rf"{_DIGIT}(?:[ ,，、.\-]?{_DIGIT}){{5,}}")
_SURNAME = (
    "欧阳|上官|司马|诸葛|司徒|夏侯|皇甫|尉迟|公孙|慕容|"
    "[赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳酆鲍史唐费廉岑薛雷贺倪汤"
    "滕殷罗毕郝邬安乐傅皮卞齐康伍余元卜顾孟黄穆萧尹姚邵湛汪祁毛禹狄米贝臧伏戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜"
    "郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯管卢莫经房裘缪解宗丁邓郁单杭洪诸左石崔吉龚程邢裴陆荣翁荀羊於惠曲封靳段侯宓班秋仲伊宫宁仇栾"
    "甘厉祖武符刘景詹束龙叶司黎乔闻党翟谭劳姬申冉雍桑桂牛寿边燕浦尚农温庄晏柴瞿阎慕习艾鱼容古易廖庾居衡步耿满匡寇欧师巩聂晁关荆肖冷辛阚简饶曾沙]"
)
_TITLE = (
    r"(?:先生|女士|小姐|太太|老师|师傅|同学|阿姨|叔叔|大爷|大妈|大哥|大姐|经理|主任|主管|总(?![是共之得算计有会要])|律师|医生)"
)
_NAMES = [
    re.compile(rf"(?P<name>{_SURNAME})(?={_TITLE})"),
    re.compile(rf"(?:我叫|名叫|叫做|名字(?:是|叫)|我的?名字)(?P<name>(?:{_SURNAME})\w{{1,2}})"),
    re.compile(rf"(?:免贵|我)姓(?P<name>{_SURNAME})"),
    re.compile(rf"(?:我是|我叫|的|叫|找)(?P<name>[老小](?:{_SURNAME}))(?=[，。！？,.!?\s]|$)"),
]


def compile(records: Iterable[CallRecord]) -> dict[str, Any]:
    """{"lines": ["text<TAB>speaker<TAB>before<TAB>rules"], "calls": {name: labelled call}, "left_out": words heard wrong}.

    Of calls of which a person has decided an alert; any others are passed over.
    """
    lines: dict[str, None] = {}
    calls: dict[str, Any] = {}
    left_out = 0
    for record in sorted(records, key=lambda record: (record.call.started, record.call.id)):
        judged = _Judged(record)
        if not judged.decided:
            continue
        lines |= dict.fromkeys(judged.lines())
        if labelled := judged.labelled():
            day = f"{record.call.started:%Y-%m-%d}"
            number = sum(name.startswith(day) for name in calls) + 1
            calls[f"{day}-{number:03d}"] = labelled
        left_out += len(judged.misheard)
    return {"lines": list(lines), "calls": calls, "left_out": left_out}


def unnamed(text: str, known: Sequence[str] = ()) -> str:
    """`text`, as long as before, without long numbers, `known` names and names that their surroundings tell."""
    text = _NUMBER.sub(lambda found: MASK * len(found[0]), text)
    for name in known:
        text = text.replace(name, MASK * len(name))
    for pattern in _NAMES:
        text = pattern.sub(_masked, text)
    return text


def _masked(found: re.Match[str]) -> str:
    start, end = (place - found.start() for place in found.span("name"))
    return found[0][:start] + MASK * (end - start) + found[0][end:]


class _Judged:
    """One call, and what of it people said is so and is not."""

    def __init__(self, record: CallRecord) -> None:
        self._record = record
        self.decided = [alert for alert in record.alerts if alert.by not in (None, SYSTEM) and alert.status != "open"]
        self._false = [alert for alert in self.decided if alert.status == "false_alarm"]
        self._findings = {finding.id: finding for finding in record.findings}
        self._spoken = {
            utterance.id: utterance for utterance in record.utterances if utterance.final and utterance.text.strip()
        }
        self.misheard = {one.utterance for one in self._under(self._false, ("misheard",)) if one.utterance in self._spoken}
        wrong = {one.id for one in self._under(self._false, CONTRARY)}
        self._stand = [finding for finding in record.findings if finding.id not in wrong]
        self._known = [name for name in (record.call.agent,) if name and len(name) > 1]

    def _under(self, alerts: Iterable[Alert], why: Sequence[str]) -> list[Finding]:
        """The findings that alerts rest on which were false for one of these reasons."""
        ids = {id for alert in alerts if alert.why in why for id in alert.because}
        return [self._findings[id] for id in ids if id in self._findings]

    def lines(self) -> Iterable[str]:
        """Of each line whose alert was decided: what it must raise."""
        under = [self._findings[id] for alert in self.decided for id in alert.because if id in self._findings]
        on = {finding.utterance for finding in under if finding.kind in LINED and not finding.doubted} - self.misheard
        for utterance in self._spoken.values():
            if utterance.id not in on or utterance.speaker == "unknown":
                continue
            stand = [one for one in self._stand if one.utterance == utterance.id and one.kind in LINED and not one.doubted]
            rules = sorted({one.rule for one in stand if one.rule})
            before = self._before(utterance)
            columns = (self._text(utterance), utterance.speaker, self._text(before) if before else "", ",".join(rules) or "-")
            row = "\t".join(columns)
            yield f" {row}" if row.startswith("#") else row  # that would be a remark

    def _before(self, utterance: Utterance) -> Utterance | None:
        """What the other side said last."""
        others = [
            one
            for one in self._spoken.values()
            if one.start < utterance.start and one.speaker not in (utterance.speaker, "unknown") and one.id not in self.misheard
        ]
        return max(others, key=lambda one: one.start, default=None)

    def _text(self, utterance: Utterance) -> str:
        return unnamed(re.sub(r"\s", " ", utterance.text), self._known)

    def labelled(self) -> dict[str, Any] | None:
        """The call with its labels; None where nothing is left of it."""
        spoken = [one for one in self._spoken.values() if one.id not in self.misheard]
        spoken.sort(key=lambda one: (one.start, one.id))
        if not spoken:
            return None
        found: dict[str, list[Finding]] = {}
        for finding in self._stand:
            if turn := self._place(finding, spoken):
                found.setdefault(turn.id, []).append(finding)
        denied = {one.utterance: alert.why for alert in self._false for one in self._under([alert], CONTRARY)}
        turns = [
            {
                "speaker": one.speaker,
                "text": self._text(one),
                "start": round(one.start, 3),
                "end": round(max(one.start, one.end), 3),
                "labels": [self._label(finding, one) for finding in found.get(one.id, ())],
            }
            | ({"hard_negative": denied[one.id]} if one.id in denied else {})
            for one in spoken
        ]
        summary = self._record.summary
        return {
            "complaint": {"type": summary.type or "none", "cause": summary.cause, "validity": summary.validity or "none"},
            "turns": turns,
            "expect": {"alert_by_turn": self._critical(spoken)},
            "seconds": round(max(self._record.call.seconds, spoken[-1].end), 3),
        }

    def _place(self, finding: Finding, spoken: Sequence[Utterance]) -> Utterance | None:
        """The turn a finding is labelled on: the one it was found in, or, outside any words, the one that follows."""
        if finding.kind == "step_missing":
            return None
        if finding.utterance is not None:
            return next((one for one in spoken if one.id == finding.utterance), None)
        return next((one for one in spoken if one.end > finding.end), None)

    def _label(self, finding: Finding, utterance: Utterance) -> dict[str, Any]:
        label: dict[str, Any] = {"kind": finding.kind, "rule": finding.rule}
        if finding.utterance == utterance.id and finding.span:
            label["phrase"] = self._text(utterance)[slice(*finding.span)]
        if finding.inconsistent is not None:
            label["inconsistent"] = finding.inconsistent
        return label

    def _critical(self, spoken: Sequence[Utterance]) -> int | None:
        """The turn by which a critical alert that was not false had come."""
        stand = [alert.at for alert in self._record.alerts if alert.severity == "critical" and not self._was_false(alert)]
        if not stand:
            return None
        return max((index for index, one in enumerate(spoken) if one.start <= min(stand)), default=0)

    def _was_false(self, alert: Alert) -> bool:
        return alert.status == "false_alarm" or (alert.status == "resolved" and alert.by == SYSTEM)
