"""`callmonitor capacity`: what a second of call costs this machine, part by part, and how many calls that leaves room for.

Each part is timed by itself on the labelled calls, in seconds of a core for a second of call: hearing (resampling, voice
activity, cutting), decoding (drafts and finals in batches, as when calls are live; interim text is left out first when it gets
tight, so it counts for nothing here), judging (analysis and rules, by the scripts). A machine that is full all the time makes
its calls wait; so HEADROOM of it is used.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from monitor import app, config, language, scripts
from monitor.alerts.rules import load_rules
from monitor.bench import sound
from monitor.bench.figures import Figures
from monitor.bench.limit import Say
from monitor.bench.sound import Take
from monitor.labels import Sample
from monitor.meters import Meters
from monitor.records import Speech
from monitor.speech import machine, models
from monitor.speech.calibration import best_batch
from monitor.speech.dictation import sound_of
from monitor.speech.lead import NOTHING, Past, Shape
from monitor.speech.transcript import Transcriber
from monitor.speech.vad import VadModel
from monitor.speech.whisper import Decoder, cores

RECORDINGS = 2  # heard: some minutes
HEADROOM = 0.8  # of the machine; the rest is for peaks, sockets, archive and pages
PARAMETERS = {
    "base": 74,
    "small": 244,
    "medium": 769,
    "large-v3": 1550,
    "large-v3-turbo": 809,
}  # millions (OpenAI's model card)
COMPARED = ("base", "small", "medium", "large-v3-turbo")
COLUMNS = ("model", "decoding a second of call", "all of it", "calls", "")


def capacity(settings: config.Config, takes: Sequence[Take], say: Say) -> Figures:
    """Measure the configured model, and those of the others that are here. Computes for a minute or more a model."""
    machine.prepare()
    seconds = sum(take.seconds for take in takes)
    say("hearing ...")
    hearing, segments = _hearing(settings, takes)
    say("judging ...")
    judging = _judging(settings, takes)
    measured: dict[str, float] = {}
    manifest = models.load_manifest()
    for name in dict.fromkeys((settings.model.name, *COMPARED)):
        model = config.Model(**{**settings.model.model_dump(), "name": name})
        if name == settings.model.name or models.installed(model, name, manifest):
            say(f"decoding with {name} ...")
            measured[name] = _decoding(settings.model_copy(update={"model": model}), segments) / seconds
    shared = (hearing + judging) / seconds
    return {
        "recordings": len(takes),
        "call_seconds": round(seconds, 1),
        "headroom": HEADROOM,
        "hearing": round(hearing / seconds, 5),
        "judging": round(judging / seconds, 5),
        "models": table(settings.model.name, shared, measured, cores()),
    }


def table(configured: str, shared: float, measured: dict[str, float], machine: int) -> list[Figures]:
    """A row a model: seconds of a core for a second of call, and the calls that `machine` cores carry. Pure.

    `shared`: what every model's calls cost besides decoding; `measured`: what decoding costs, of the models that are here, the
    `configured` one among them. The others are estimated from it by the number of their parameters.
    """
    rows: list[Figures] = []
    for name in dict.fromkeys((configured, *COMPARED)):
        decoding = measured.get(name, measured[configured] * PARAMETERS[name] / PARAMETERS[configured])
        whole = decoding + shared
        rows.append(
            {
                "model": name,
                "configured": name == configured,
                "estimate": name not in measured,
                "decoding": round(decoding, 5),
                "whole": round(whole, 5),
                "calls": int(machine * HEADROOM / whole),
            }
        )
    return rows


def _hearing(settings: config.Config, takes: Sequence[Take]) -> tuple[float, list[Speech]]:
    """Seconds of a core that hearing `takes` costs, reading the files included; their drafts and finals."""
    vad = VadModel()
    began = time.process_time()
    heard = [one for take in takes for one in sound.heard(take.path, settings, vad, drafts=True) if isinstance(one, Speech)]
    return time.process_time() - began, [one for one in heard if one.stage != "interim"]


def decoded(heard: Sequence[Speech]) -> Iterator[Speech]:
    """Drafts and finals, but no final whose sound was its draft's already: that one is not decoded again."""
    drafts: dict[tuple[str, str], Speech] = {}
    for speech in heard:
        key = speech.call, speech.id
        if speech.stage == "draft":
            drafts[key] = speech
            yield speech
        elif speech.stage == "final":
            draft = drafts.pop(key, None)
            if draft is None or sound_of(draft) != sound_of(speech):
                yield speech


def _decoding(settings: config.Config, segments: Sequence[Speech]) -> float:
    """Seconds of a core that decoding costs, in batches of one shape, on all workers: what of `segments` is decoded live."""
    decoder = Decoder(models.path(settings.model), settings.model, settings.decode)
    transcriber = Transcriber(decoder, settings.gate, settings.model.language, Meters(), language.spelling(settings))
    machine.keep_memory()
    groups: dict[Shape, list[Speech]] = defaultdict(list)
    for segment in decoded(list(led(transcriber, segments, settings.decode.lead))):
        groups[transcriber.shape(segment)].append(segment)
    size = best_batch(decoder.trial, settings.decode.batch)
    batches = [group[at : at + size] for group in groups.values() for at in range(0, len(group), size)]
    transcriber.transcribe(batches[0][:1])
    with ThreadPoolExecutor(transcriber.workers) as pool:
        began = time.process_time()
        list(pool.map(transcriber.transcribe, batches))
        return time.process_time() - began


def led(transcriber: Transcriber, segments: Sequence[Speech], seconds: float) -> Iterator[Speech]:
    """The segments, in the order they were heard, each led by the finals before it as it would be live."""
    pasts: dict[tuple[str, str], Past] = defaultdict(lambda: NOTHING)
    for segment in segments:
        past = pasts[segment.call, segment.speaker]
        whole = transcriber.led(segment, past)
        yield whole
        if segment.stage == "final" and (said := transcriber.transcribe([whole])[0]):
            pasts[segment.call, segment.speaker] = past.then(segment, said, seconds)


def _judging(settings: config.Config, takes: Sequence[Take]) -> float:
    """Seconds of a core that judging the scripts costs."""
    analysis, rules = app.load_analysis(settings), load_rules(settings.alerts.rules)
    took: list[float] = []
    for take in takes:
        scripts.review(Sample(take.id, take.labels, take.path), analysis, rules, took)
    return sum(took)


def rows(figures: Figures) -> Iterator[Sequence[str]]:
    for row in figures["models"]:
        yield (
            f"{row['model']} *" if row["configured"] else row["model"],
            f"{1000 * row['decoding']:.1f} ms of a core",
            f"{1000 * row['whole']:.1f} ms",
            str(row["calls"]),
            "estimate" if row["estimate"] else "measured",
        )


def notes(figures: Figures) -> Iterator[str]:
    yield f"hearing {1000 * figures['hearing']:.1f} ms, judging {1000 * figures['judging']:.1f} ms of a core a second of call"
    count = figures["machine"]["cores"]
    yield f"calls: people talking all the time, {figures['headroom']:.0%} of {count} cores; * as configured"
    if any(row["estimate"] for row in figures["models"]):
        yield "estimate: by the number of parameters; fetched (callmonitor models fetch NAME), it is measured"
