"""config.toml: the same defaults as the code's, every setting used, and what no setting may be."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel

from monitor import config
from monitor.errors import ConfigError

ROOT = Path(__file__).parent.parent
FILE = ROOT / "config.toml"
SECTIONS: dict[str, type[BaseModel]] = {
    **{name: type(section) for name, section in config.Config() if isinstance(section, BaseModel)},
    "webhook": config.Webhook,
}


def test_the_file_says_every_setting_with_its_default() -> None:
    assert config.load(FILE) == config.Config()
    said = tomllib.loads(re.sub(r"(?m)^# (?=\w+ = |\[\[)", "", FILE.read_text("utf-8")))
    assert config.Config.model_validate({"webhook": said["webhook"]}).webhook, "the example is one"
    said["webhook"] = said["webhook"][0]
    for name, section in SECTIONS.items():
        assert set(said[name]) == set(section.model_fields), name


def test_every_setting_is_read_somewhere() -> None:
    code = "".join(path.read_text("utf-8") for path in (ROOT / "monitor").rglob("*.py") if path.name != "config.py")
    unread = [key for section in SECTIONS.values() for key in section.model_fields if f".{key}" not in code]
    assert not unread


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[segment]\nsoft_limit = 0", r":2: segment\.soft_limit: "),
        ("[segment]\nsoft_limit = 40", r":2: segment\.soft_limit: "),
        ("[segment]\n\npadding = 9", r":3: segment\.padding: "),
        ("[server]\n[segment]\njoin_silence = 0.3", r":2: segment: .*draft_silence is at most join_silence"),
        ("[segment]\nmin_speech = inf", r":2: segment\.min_speech: "),
        ("[gate]\nloudness = nan", r":2: gate\.loudness: "),
        ("[vad]\nrelease = 0.5", r":1: vad: .*release is at most threshold"),
        ("[ingest]\nidle_timeout = 0", r":2: ingest\.idle_timeout: "),
        ("[decode]\ncontext_min = 100", r":2: decode\.context_min: "),
        ("[segmnt]\n", r":1: segmnt: unknown key"),
        ("[server]\nport = 70000", r":2: server\.port: "),
    ],
)
def test_what_cannot_work_is_refused_with_its_line(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=complaint):
        config.load(path)
