#!/usr/bin/env python3
"""Score what the monitor found in labelled calls.

usage: score.py LABELS_DIR RESULTS_DIR [--by-rule] [--errors]

LABELS_DIR   ID.json label files (see ../tests/data/calls/README.md); turns carry start and end in seconds
RESULTS_DIR  ID.json, one for each call: what `callmonitor review CALL.wav --json` prints
             {"utterances": [...], "findings": [...], "alerts": [...], "summary": {...}}

A label counts as found when a finding of the same kind (and rule, where the label has one) by the same speaker
overlaps the labelled turn widened by 1 s on each side. A finding that no label explains is false.
Prints one line a kind: labels, found, false, precision, recall, F1; then the call-level lines; then one JSON line.
Standard library only.
"""
import json, re, sys
from pathlib import Path

SCORED = ("banned_phrase", "overpromise", "escalation", "repeated_claim", "made_to_repeat", "promise", "step")
TIMED_CONDUCT = ("interruption", "dead_air")
SLACK = 1.0


def overlaps(turn, finding):
    return finding["start"] <= turn["end"] + SLACK and finding["end"] >= turn["start"] - SLACK


def same(label, finding):
    if label["kind"] != finding["kind"]:
        return False
    return label["kind"] in ("repeated_claim", "made_to_repeat", "promise") or label.get("rule") == finding.get("rule")


def norm(text):
    return re.sub(r"[^\w]", "", text).lower().translate(str.maketrans("0123456789", "零一二三四五六七八九"))


def edit_distance(a, b):
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (x != y))
    return row[-1]


def main(labels_dir, results_dir, by_rule, errors):
    tally, notes = {}, []
    call = dict(calls=0, missing=0, type_right=0, validity_right=0, alert_expected=0, alert_in_time=0, quiet_calls=0, quiet_calls_alerted=0,
                inconsistent_labels=0, inconsistent_found=0, hard_negatives=0, hard_negatives_hit=0, chars=0, char_errors=0, hours=0.0, criticals=0)

    def count(kind, rule, field):
        for key in [kind] + ([f"{kind}/{rule}"] if by_rule and rule else []):
            tally.setdefault(key, dict(labels=0, found=0, false=0))[field] += 1

    for path in sorted(Path(labels_dir).glob("*.json")):
        truth = json.loads(path.read_text("utf-8"))
        if "turns" not in truth:
            continue
        call["calls"] += 1
        got_path = Path(results_dir) / path.name
        if not got_path.exists():
            call["missing"] += 1
            notes.append(f"{path.stem}: no result")
            got = dict(utterances=[], findings=[], alerts=[], summary={})
        else:
            got = json.loads(got_path.read_text("utf-8"))
        call["hours"] += truth.get("seconds", truth["turns"][-1]["end"]) / 3600
        used = set()
        for turn in truth["turns"]:
            for label in turn.get("labels", []):
                kind, rule = label["kind"], label.get("rule")
                if kind == "conduct" and rule in TIMED_CONDUCT:
                    pass
                elif kind not in SCORED:
                    continue
                count(kind, rule, "labels")
                hits = [i for i, f in enumerate(got["findings"]) if same(label, f) and overlaps(turn, f)
                        and (kind == "conduct" and rule == "dead_air" or f.get("speaker") == turn["speaker"])]
                if hits:
                    used.update(hits)
                    count(kind, rule, "found")
                    if label.get("inconsistent") and any(got["findings"][i].get("inconsistent") for i in hits):
                        call["inconsistent_found"] += 1
                else:
                    notes.append(f"{path.stem} {turn['start']:.1f}s missed {kind}/{rule}: {turn['text']}")
                call["inconsistent_labels"] += bool(label.get("inconsistent"))
        for i, f in enumerate(got["findings"]):
            scored = f["kind"] in SCORED and not (f["kind"] == "step" and f.get("rule") not in ("soothe", "probe", "act", "elevate", "change", "close"))
            if i in used or not (scored or f["kind"] == "conduct" and f.get("rule") in TIMED_CONDUCT):
                continue
            count(f["kind"], f.get("rule"), "false")
            notes.append(f"{path.stem} {f['start']:.1f}s false {f['kind']}/{f.get('rule')}: {f.get('text')}")
        for turn in truth["turns"]:
            if turn.get("hard_negative"):
                call["hard_negatives"] += 1
                wrong = [f for i, f in enumerate(got["findings"]) if i not in used and f["kind"] in ("banned_phrase", "escalation", "overpromise", "repeated_claim", "made_to_repeat")
                         and f.get("speaker") == turn["speaker"] and f["start"] < turn["end"] and f["end"] > turn["start"]]
                call["hard_negatives_hit"] += bool(wrong)
        expect, summary = truth.get("expect", {}), got.get("summary", {})
        call["type_right"] += summary.get("type") == truth["complaint"]["type"]
        call["validity_right"] += summary.get("validity") == truth["complaint"]["validity"]
        critical = sorted(a["at"] for a in got["alerts"] if a["severity"] == "critical")
        call["criticals"] += len(critical)
        if expect.get("alert_by_turn") is not None:
            call["alert_expected"] += 1
            deadline = truth["turns"][expect["alert_by_turn"]]["end"] + 3
            in_time = bool(critical) and critical[0] <= deadline
            call["alert_in_time"] += in_time
            if not in_time:
                notes.append(f"{path.stem} no critical alert by {deadline:.1f}s (got {critical})")
        else:
            call["quiet_calls"] += 1
            call["quiet_calls_alerted"] += bool(critical)
            if critical:
                notes.append(f"{path.stem} critical alert in a quiet call at {critical}")
        for who in ("agent", "customer"):
            ref = norm("".join(t["text"] for t in truth["turns"] if t["speaker"] == who))
            hyp = norm("".join(u["text"] for u in sorted(got["utterances"], key=lambda u: u["start"]) if u["speaker"] == who))
            call["chars"] += len(ref)
            call["char_errors"] += edit_distance(hyp, ref)

    out = {}
    print(f"{'kind':34}{'labels':>7}{'found':>7}{'false':>7}{'prec':>7}{'recall':>8}{'F1':>7}")
    for key in sorted(tally):
        t = tally[key]
        p = t["found"] / (t["found"] + t["false"]) if t["found"] + t["false"] else 1.0
        r = t["found"] / t["labels"] if t["labels"] else 1.0
        f1 = 2 * p * r / (p + r) if p + r else 0.0
        out[key] = dict(t, precision=round(p, 3), recall=round(r, 3), f1=round(f1, 3))
        print(f"{key:34}{t['labels']:7}{t['found']:7}{t['false']:7}{p:7.2f}{r:8.2f}{f1:7.2f}")
    call["cer"] = round(call["char_errors"] / max(1, call["chars"]), 4)
    call["hours"] = round(call["hours"], 3)
    for key, value in call.items():
        print(f"{key:34}{value:>7}")
    if errors:
        print("\n".join(notes))
    print(json.dumps(dict(kinds=out, call=call), ensure_ascii=False))


if __name__ == "__main__":
    args = [a for a in sys.argv[1:] if not a.startswith("--")]
    if len(args) != 2:
        sys.exit(__doc__)
    main(*args, by_rule="--by-rule" in sys.argv, errors="--errors" in sys.argv)
