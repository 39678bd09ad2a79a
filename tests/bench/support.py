"""Calls, slices and stretches of speech for the tests of the measuring commands."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from monitor.bench.sound import Take
from monitor.labels import Complaint, Label, Labelled, Turn
from monitor.records import RATE, Speech, Stage


def speech(id: str, stage: Stage, start: float, end: float) -> Speech:
    return Speech(
        call="c1",
        id=id,
        speaker="agent",
        start=start,
        end=end,
        stage=stage,
        spans=((start, end),),
        voicing=0.9,
        offset=start,
        samples=np.zeros(round((end - start) * RATE), np.float32),
    )


def take(id: str = "one", seconds: float = 60.0) -> Take:
    """A customer who demands a supervisor in the turn from 20 to 30 s: 我要找你们经理 ends at 27 s."""
    turns = (
        Turn(speaker="agent", text="您好", start=0.5, end=2.0),
        Turn(
            speaker="customer",
            text="我要找你们经理现在就要",
            start=20.0,
            end=31.0,
            labels=(Label(kind="escalation", rule="supervisor", phrase="我要找你们经理"),),
        ),
    )
    return Take(id, Path(f"{id}.opus"), Labelled(turns=turns, complaint=Complaint(type="service", validity="valid")), seconds)
