"""The commands at their edges: what cannot be asked for, and what the log looks like."""

from __future__ import annotations

import json
import logging

import pytest
import structlog
from typer.testing import CliRunner

from monitor import cli


@pytest.mark.parametrize("port", ["-1", "99999", "http"])
def test_a_port_that_cannot_be_is_refused(port: str) -> None:
    refused = CliRunner().invoke(cli.cli, ["serve", "--port", port])
    assert refused.exit_code == 2
    assert "--port" in refused.stderr


@pytest.mark.usefixtures("_log_restored")
def test_every_line_of_the_log_is_json_and_none_holds_what_was_said(capsys: pytest.CaptureFixture[str]) -> None:
    cli._log()
    said = "我要投诉你们"
    structlog.get_logger().info("call_began", call="c1")
    for logger in (structlog.get_logger(), logging.getLogger("uvicorn.error")):
        try:
            json.loads(said)
        except ValueError:
            logger.exception("it failed")
    logging.getLogger("uvicorn.error").warning("Invalid %s request received.", "HTTP")
    logging.getLogger("uvicorn.error").info("not of interest")
    text = capsys.readouterr().err
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["event"] for line in lines] == ["call_began", "it failed", "it failed", "Invalid HTTP request received."]
    assert [line["level"] for line in lines] == ["info", "error", "error", "warning"]
    assert said not in text
