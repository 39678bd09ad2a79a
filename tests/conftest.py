"""What many tests share: the fetched model, loaded once, and the bundled calls."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from monitor import config
from monitor.meters import Meters
from monitor.speech import models
from monitor.speech.transcript import Transcriber
from monitor.speech.whisper import Decoder

ROOT = Path(__file__).parent.parent
CALLS = ROOT / "tests" / "data" / "calls"


@pytest.fixture(scope="session")
def model_settings() -> config.Model:
    return config.Model(folder=ROOT / "models")


@pytest.fixture(scope="session")
def decoder(model_settings: config.Model) -> Decoder:
    """The real model; `make setup` fetches it."""
    return Decoder(models.path(model_settings), model_settings, config.Decode())


@pytest.fixture(scope="session")
def transcriber(decoder: Decoder) -> Transcriber:
    return Transcriber(decoder, config.Gate(), "zh", Meters())


@pytest.fixture(scope="session")
def calls() -> Path:
    """The folder of bundled, labelled calls."""
    return CALLS


@pytest.fixture
def _log_restored() -> Iterator[None]:
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
