"""What happened in a call so far makes a breach or a threat more likely, or less: doubts are weighed by it.

A classifier of single lines knows nothing of the call. In the corpus's calls one unit of an agent in two hundred is a breach as
long as the customer has told of no trouble, one in eight afterwards, and two in five once there has been a breach; of a
customer's units one in five hundred climbs the ladder before there is trouble, one in fifty then, one in five later on. By
Bayes' rule such a change of the odds before is a change of the odds after, added in logarithms. About half of the measured
change is taken: what is known of a call is heard with errors, and a first threat must not need a second.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from monitor.analysis.acts import telling
from monitor.analysis.context import CLIMBING, Act, Context, tell_trouble
from monitor.records import Speaker

CALM = -2.0  # added to the log odds while nothing is wrong ...
AFTER: dict[Speaker, tuple[float, ...]] = {  # ... and after none, one, two or more of what counts for that speaker
    "agent": (0.0, 0.4, 0.7),  # the agent's own breaches
    "customer": (0.0, 0.2),  # these, and the rungs of the ladder reached
}


def change(acts: Sequence[Act], speaker: Speaker, context: Context) -> float:
    """What the call so far adds to the log odds of a breach or threat in an utterance that does `acts`."""
    after = AFTER.get(speaker)
    if after is None:
        return 0.0
    count = context.breaches + (context.rungs if speaker == "customer" else 0)
    beside = (act for act in acts if act.label not in CLIMBING)  # what is weighed is no evidence for itself
    calm = not (count or context.troubled or (speaker == "customer" and tell_trouble(beside)))
    return CALM if calm else after[min(count, len(after) - 1)]


def weighed(act: Act, change: float) -> float:
    """How likely the act is after such a change; what few words can tell at most is no matter of odds."""
    if not change:
        return act.probability
    most = telling(act.end - act.start)
    chance = min(max(act.probability / most, 1e-4), 1 - 1e-4)
    return round(most / (1 + (1 - chance) / chance * math.exp(-change)), 3)
