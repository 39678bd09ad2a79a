"""How characters sound: toneless pinyin, with the sounds that speakers and recognisers confuse folded into one."""

from __future__ import annotations

from functools import lru_cache

from pypinyin import Style, lazy_pinyin

_INITIALS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"), ("r", "l"), ("h", "f"))
_FINALS = (("ing", "in"), ("eng", "en"), ("ang", "an"))
_DIGITS = dict(zip("0123456789", ("ling", "yi", "er", "san", "si", "wu", "liu", "qi", "ba", "jiu"), strict=True))


@lru_cache(maxsize=2048)
def fold(syllable: str) -> str:
    """One writing for syllables told apart badly: n/l/r, zh/z, ch/c, sh/s, f/h, in/ing, en/eng, an/ang.

    >>> fold("zhang"), fold("lan"), fold("huang"), fold("feng")
    ('zan', 'lan', 'fuan', 'fen')
    """
    for spoken, folded in _INITIALS:
        if syllable.startswith(spoken):
            syllable = folded + syllable[len(spoken) :]
            break
    for spoken, folded in _FINALS:
        if syllable.endswith(spoken):
            return syllable[: -len(spoken)] + folded
    return syllable


def _each(unknown: str) -> list[str]:
    return list(unknown)


@lru_cache(maxsize=4096)
def spoken(text: str) -> tuple[str, ...]:
    """The toneless syllable of each character of `text`; digits as read one by one, other characters as they are."""
    sounds = lazy_pinyin(text, style=Style.NORMAL, errors=_each)  # type: ignore[arg-type]  # its stub forgets that a list is taken
    return tuple(_DIGITS.get(sound, sound) for sound in sounds)


def syllables(text: str) -> tuple[str, ...]:
    """`spoken`, folded."""
    return tuple(map(fold, spoken(text)))
