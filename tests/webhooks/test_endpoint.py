"""Where a webhook's address and secret may be kept, and that neither is ever told."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor import config
from monitor.errors import ConfigError
from monitor.webhooks.endpoint import resolve

from .support import KEY, SECRET, webhook

URL = f"https://robot.example.com/cgi-bin/webhook/send?key={KEY}"
SET = {"URL": URL, "SECRET": SECRET}


def test_secrets_come_from_the_environment_or_a_file_of_their_own(tmp_path: Path) -> None:
    file = tmp_path / "duty"
    file.write_text(f"{URL}\n")
    file.chmod(0o600)
    for made in (resolve(webhook(), SET), resolve(webhook(url=f"file:{file}"), SET)):
        assert (made.url, made.secret, made.host) == (URL, SECRET, "robot.example.com")
        assert KEY not in repr(made) + str(made)
        assert SECRET not in repr(made) + str(made)


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("http://robot.example.com/x?key={}", "is not https"),
        ("http://10.0.0.8/{}", "is not https"),
        ("ftp://robot.example.com/{}", "is no URL such as"),
        ("https://user:pass@robot.example.com/{}", "without user, password"),
        ("https://robot.example.com/#{}", "without user, password"),
        ("https://[::1/{}", "is no URL$"),
        ("https://a..b-.example:x/{}", "is no URL$"),
        ("https://[zz]/{}", "is no URL$"),
        ("https://robot.example.com:99999/{}", "is no URL$"),
        ("{}", "is no URL"),
        ("https://robot.example.com/ {}", "is not one line"),
        ("https://röbot.example.com/{}", "is not one line"),
        ("   ", "is not set"),
    ],
)
def test_an_address_that_is_none_is_refused_without_telling_it(url: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint) as caught:
        resolve(webhook(), {**SET, "URL": url.format(KEY)})
    assert KEY not in f"{caught.value!r} {caught.value.__cause__!r}"
    assert str(caught.value).startswith("webhook duty: ")


@pytest.mark.parametrize("url", ["http://localhost:9000/x", "http://127.0.0.1:9/", "http://[::1]:9/", "https://10.0.0.8/x"])
def test_this_machine_needs_no_tls_and_private_addresses_are_the_sites_own_business(url: str) -> None:
    assert resolve(webhook(), {**SET, "URL": url}).url == url


def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "duty"
    file.write_text(URL)
    for mode in (0o640, 0o604, 0o644):
        file.chmod(mode)
        with pytest.raises(ConfigError, match="others can read it: chmod 600"):
            resolve(webhook(url=f"file:{file}"), SET)
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        resolve(webhook(url=f"file:{tmp_path / 'none'}"), SET)
    with pytest.raises(ConfigError, match=r"cannot be read|no plain file"):
        resolve(webhook(url=f"file:{tmp_path}"), SET)


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        (f'url = "{URL}"', r":5: webhook\.0\.url: says where the secret is kept"),
        ('url = "env:A-B"', "says where the secret is kept"),
        ('url = "env:U"\nsecret = "plain"', r":6: webhook\.0\.secret: says where"),
        ('url = "env:U"\nshape = "json"', 'shape "json" needs a `secret`'),
        ('url = "env:U"\nsecret = "env:S"\nshape = "wecom"', "takes no `secret`"),
        ('url = "env:U"\nseverities = []', "at least 1 item"),
        ('url = "env:U"\nseverities = ["fatal"]', "severities"),
        ('url = "env:U"\nname = "Two words"', "name"),
        ('url = "env:U"\n[[webhook]]\nname = "duty"\nshape = "wecom"\nurl = "env:V"', "two webhooks are named duty"),
        ('url = "env:U"\ndelay = 60\n[webhooks]\nmax_age = 30', "would wait its `delay`"),
        ('url = "env:U"\n[webhooks]\npages = "javascript:alert(1)"', "is the address of the pages"),
    ],
)
def test_settings_that_cannot_work_are_refused_without_telling_secrets(tmp_path: Path, lines: str, complaint: str) -> None:
    head = "" if 'name = "Two' in lines else 'name = "duty"\n'
    shape = "" if 'shape = "json"' in lines or 'secret = "env:S"' in lines else 'shape = "feishu"\n'
    path = tmp_path / "config.toml"
    path.write_text(f"\n[[webhook]]\n{head}{shape}{lines}\n", "utf-8")
    with pytest.raises(ConfigError, match=complaint) as caught:
        config.load(path)
    assert KEY not in str(caught.value)


def test_a_dump_of_the_settings_tells_where_secrets_are_and_no_more() -> None:
    made = config.Config(webhook=(webhook(),))
    assert "env:URL" in made.model_dump_json()
    resolve(made.webhook[0], SET)
    assert KEY not in made.model_dump_json() + repr(made)
