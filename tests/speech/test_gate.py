"""Text that a recogniser invents, and speech that must not be taken for it."""

from __future__ import annotations

import numpy as np
import pytest

from monitor import config
from monitor.records import RATE, Speech
from monitor.speech.gate import invented
from monitor.speech.whisper import Decoded, echoes
from tests.speech import sounds

GATE = config.Gate()


def speech(seconds: float = 2.0, *, level: float = -25.0, voicing: float = 0.8) -> Speech:
    return Speech(
        call="c",
        id="u1",
        speaker="agent",
        start=10.0,
        end=10.0 + seconds,
        stage="final",
        spans=((10.0, 10.0 + seconds),),
        voicing=voicing,
        offset=9.6,
        samples=np.concatenate([sounds.silence(0.4), sounds.noise(seconds, level), sounds.silence(0.4)]),
    )


def decoded(text: str, log_probability: float = -0.3, no_speech: float = 0.1) -> Decoded:
    return Decoded(text, log_probability, no_speech)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("你好，我的宽带坏了。", 2.0),
        ("嗯。", 0.3),
        ("对对对对对。", 1.0),
        ("嗯，嗯，嗯。", 2.8),
        ("喂？喂？", 5.0),
        ("好，再见。", 0.8),
        ("一二三一五", 1.2),
        ("不是不是不是", 1.1),
    ],
)
def test_speech_passes(text: str, seconds: float) -> None:
    assert invented(decoded(text), speech(seconds), GATE) is None


@pytest.mark.parametrize(
    "text",
    [
        "请不吝点赞 订阅 转发 打赏支持明镜与点点栏目",
        "字幕由 Amara.org 社群提供",
        "中文字幕志愿者 李宗盛",
        "谢谢观看",
        "優優獨播劇場——YoYo Television Series Exclusive",
        "Thank you for watching!",
    ],
)
def test_the_credits_of_a_video_do_not(text: str) -> None:
    assert invented(decoded(text), speech(6.0), GATE)


@pytest.mark.parametrize("text", ["", "。", "……", "?!"])
def test_no_words_are_no_utterance(text: str) -> None:
    assert invented(decoded(text), speech(), GATE) == "no words"


@pytest.mark.parametrize("text", ["谢谢" * 12, "在一起" * 9, "哈" * 30])
def test_a_loop_is_not_speech(text: str) -> None:
    assert invented(decoded(text), speech(12.0), GATE)


def test_one_character_drawn_out_is_not_speech() -> None:
    assert invented(decoded("诶诶诶诶诶。"), speech(11.0), GATE) == "one character, drawn out"


def test_each_symptom_alone_is_enough() -> None:
    good = decoded("你好，请讲。")
    assert invented(good, speech(voicing=0.2), GATE) == "speech is improbable"
    assert invented(good, speech(level=-62), GATE) == "too quiet"
    assert invented(decoded("你好，请讲。", -1.4), speech(), GATE) == "the decoder is unsure"
    assert invented(decoded("你好，请讲。", -0.7, 0.9), speech(), GATE) == "the decoder heard no speech"
    assert invented(decoded("我们今天来讲一讲这个问题到底应该怎么处理才好"), speech(0.5), GATE) == "more words than time"


def test_the_prompt_given_back_is_known() -> None:
    prompt = "以下是普通话客服电话录音，请使用简体中文和标点。"
    assert echoes("以下是普通话客服电话录音", prompt)
    assert echoes("请使用简体中文和标点。", prompt)
    assert not echoes("请问您的宽带账号是多少？", prompt)
    assert not echoes("普通话", "")


def test_loudness_is_of_the_voice_not_of_the_padding() -> None:
    assert len(speech(0.2).samples) == round(1.0 * RATE)
    assert invented(decoded("嗯"), speech(0.2, level=-54), GATE) is None
