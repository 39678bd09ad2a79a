"""Whether the service keeps up, and if not, why: ok, busy or overloaded. Pure: who uses it brings the numbers and the time.

Each sign is judged by itself. It counts once it has stood above a limit for RISE seconds, and counts no more once it has been
back under the lower of the limit's two values for CALM seconds, so that what hovers about a limit does not flap.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "busy", "overloaded"]
STATUS: tuple[Status, ...] = ("ok", "busy", "overloaded")  # by grade

RISE, CALM = 2.0, 10.0  # seconds
RELEASE = 0.8  # of a limit: under this a sign calms down
GB = 1e9


@dataclass(frozen=True, slots=True)
class Vitals:
    """How the service does at one moment, in seconds and bytes; None: not known."""

    queue_age: float = 0.0  # of the final that waits longest to be decoded
    degradation: int = 0  # 0 nothing is left out, 1 most interim texts, 2 and up: also accuracy
    latency: float | None = None  # p95 of recent alerts, from the end of what was said: the service's part
    loop_lag: float | None = None  # p90 of the last seconds
    disk_free: float | None = None


@dataclass(frozen=True, slots=True)
class Cause:
    """A sign that counts: its code, how bad it is, how bad it was when last it was bad, and that in a sentence."""

    code: str
    status: Status
    value: float
    limit: float
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Health:
    """What is told: the status of the worst sign, every sign that counts (the worst first), and how fast alerts are."""

    status: Status
    why: tuple[Cause, ...]
    latency_p95: float | None  # seconds from the end of what was said to its alert, of recent ones
    latency_target: float  # seconds

    @property
    def gist(self) -> tuple[tuple[str, Status], ...]:
        """What makes it news; its numbers change all the time."""
        return tuple((cause.code, cause.status) for cause in self.why)


@dataclass(frozen=True, slots=True)
class Limit:
    """A sign is this bad above `enter`, until it is no more than `leave`; said with {value} and {limit}."""

    enter: float
    leave: float
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Sign:
    """Something that may go wrong. `measure` rises with the trouble; None: there is nothing to measure."""

    code: str
    measure: Callable[[Vitals], float | None]
    busy: Limit
    overloaded: Limit

    @property
    def limits(self) -> tuple[Limit, Limit]:
        return self.busy, self.overloaded

    def grade(self, value: float | None, *, leaving: bool) -> int:
        """An index of STATUS."""
        if value is None:
            return 0
        return sum(value > (limit.leave if leaving else limit.enter) for limit in self.limits)


class _Judge:
    """One sign through time."""

    def __init__(self, sign: Sign) -> None:
        self.sign = sign
        self.grade = 0
        self.value = 0.0  # as it was when last it was as bad as `grade` says
        self._turning: tuple[float, int] | None = None  # since when, and to which grade all of that time allows

    def feed(self, value: float | None, now: float) -> None:
        """Take what is measured at `now`."""
        rising, falling = self.sign.grade(value, leaving=False), self.sign.grade(value, leaving=True)
        if rising > self.grade:
            self._turn(rising, min, RISE, now)
        elif falling < self.grade:
            self._turn(falling, max, CALM, now)
        else:
            self._turning = None
        if value is not None and self.sign.grade(value, leaving=True) >= self.grade:
            self.value = value

    def _turn(self, grade: int, bound: Callable[[int, int], int], seconds: float, now: float) -> None:
        """Take another grade, once every grade met for so long was on the same side of this one."""
        if self._turning is None or (self._turning[1] > self.grade) != (grade > self.grade):
            self._turning = now, grade
        since, least = self._turning
        self._turning = since, bound(least, grade)
        if now - since >= seconds:
            self.grade, self._turning = self._turning[1], None

    def cause(self) -> Cause:
        limit = self.sign.limits[self.grade - 1]
        value, edge = abs(self.value), abs(limit.enter)
        words = {"value": f"{value:.1f}", "limit": f"{edge:g}"}
        return Cause(self.sign.code, STATUS[self.grade], value, edge, limit.zh.format_map(words), limit.en.format_map(words))


class Doctor:
    """Judges a service whose alerts should come within `target` seconds of the end of their phrase."""

    def __init__(self, target: float) -> None:
        self._target = target
        self._judges = [_Judge(sign) for sign in signs(target)]

    def examine(self, vitals: Vitals, now: float) -> Health:
        """How the service does at `now`, seconds of a clock that never goes back; call it about once a second."""
        for judge in self._judges:
            judge.feed(judge.sign.measure(vitals), now)
        bad = sorted((judge for judge in self._judges if judge.grade), key=lambda judge: -judge.grade)
        worst = bad[0].grade if bad else 0
        return Health(STATUS[worst], tuple(judge.cause() for judge in bad), vitals.latency, self._target)


def signs(target: float) -> tuple[Sign, ...]:
    """What is watched, the plainest to a supervisor first."""
    late = "话说完约 {value} 秒后才出现告警，目标是 {limit} 秒以内。"
    late_en = "Alerts come about {value} s after the phrase; the target is {limit} s."
    return (
        Sign(
            "latency",
            lambda vitals: vitals.latency,
            _above(target, late, late_en),
            _above(3 * target, late.replace("{limit}", f"{target:g}"), late_en.replace("{limit}", f"{target:g}")),
        ),
        Sign(
            "queue",
            lambda vitals: vitals.queue_age,
            _above(
                target,
                "语音识别在排队，最久的一句已等 {value} 秒。",
                "Speech is queueing: the oldest phrase has waited {value} s.",
            ),
            _above(
                4 * target,
                "语音识别来不及，最久的一句已等 {value} 秒。",
                "Speech cannot be recognised in time: the oldest phrase has waited {value} s.",
            ),
        ),
        Sign(
            "degraded",
            lambda vitals: vitals.degradation,
            Limit(
                0.5,
                0.5,
                "为了尽快告警，正在说的话暂时较少显示。",
                "To keep alerts prompt, few words are shown while they are spoken.",
            ),
            Limit(
                1.5,
                1.5,
                "为了尽快告警，识别精度暂时降低。",
                "To keep alerts prompt, speech is recognised less accurately.",
            ),
        ),
        Sign(
            "loop",
            lambda vitals: vitals.loop_lag,
            _above(0.1, "服务器很忙，反应慢了 {value} 秒。", "The server is busy and reacts {value} s late."),
            _above(
                0.5, "服务器忙不过来，反应慢了 {value} 秒。", "The server has more than it can do and reacts {value} s late."
            ),
        ),
        Sign(
            "disk",
            lambda vitals: None if vitals.disk_free is None else -vitals.disk_free / GB,
            Limit(-5.0, -6.0, "磁盘快满了，只剩 {value} GB。", "The disk is nearly full: {value} GB are left."),
            Limit(
                -0.5,
                -1.0,
                "磁盘已满，录音可能存不下，只剩 {value} GB。",
                "The disk is full: {value} GB are left for audio and records.",
            ),
        ),
    )


def _above(limit: float, zh: str, en: str) -> Limit:
    return Limit(limit, RELEASE * limit, zh, en)
