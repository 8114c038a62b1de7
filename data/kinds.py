"""Kinds of missing, told from the labels of a foreign file: only where the words leave no doubt.

A label that names two kinds at once ("Don't know / refused"), or one that institutes use for either ("No answer",
"keine Angabe", "无回答"), tells nothing: the kind stays ``other``, and the team says what it is in the codebook.
"""

from __future__ import annotations

import re
import unicodedata

from .codebook import MissingKind

WORDS: dict[MissingKind, tuple[str, ...]] = {
    MissingKind.DONT_KNOW: (
        *("don't know", "dont know", "do not know", "does not know", "doesn't know", "i don't know", "dk"),
        *("can't say", "cannot say", "can't choose", "don't know (spontaneous)", "don't know (volunteered)"),
        *("weiß nicht", "weiß ich nicht", "weiß es nicht", "kann ich nicht sagen"),
        *("不知道", "不清楚", "说不清", "说不清楚", "說不清", "說不清楚", "不晓得", "不曉得"),
        *("ne sait pas", "ne sais pas", "je ne sais pas", "nsp", "(ne sait pas)"),
    ),
    MissingKind.REFUSED: (
        *("refused", "refusal", "refuse", "refused to answer", "refuses to answer", "refused to say"),
        *("prefer not to say", "prefer not to answer", "refused (volunteered)", "refusal (spontaneous)"),
        *("verweigert", "antwort verweigert", "angabe verweigert", "verweigerung", "möchte ich nicht sagen"),
        *("möchte nicht antworten", "拒绝回答", "拒绝", "拒答", "不愿回答", "不愿意回答", "拒絕回答", "拒絕"),
        *("不願回答", "不願意回答", "refus", "refusé", "refus de répondre", "a refusé de répondre"),
        *("ne souhaite pas répondre", "préfère ne pas répondre", "ne veut pas répondre"),
    ),
    MissingKind.NOT_ASKED: (
        *("not asked", "question not asked", "not applicable", "inapplicable", "inap", "does not apply"),
        *("not asked in survey", "not asked in this wave", "not fielded", "nicht gefragt", "nicht gestellt"),
        *("frage nicht gestellt", "nicht erhoben", "trifft nicht zu", "nicht anwendbar", "entfällt"),
        *("不适用", "不適用", "未询问", "未詢問", "未问", "未問", "没有问", "不适用本题"),
        *("sans objet", "non applicable", "ne s'applique pas", "non posée", "question non posée", "pas demandé"),
    ),
}
"""Labels read as a kind, in English, German, Chinese and French. Case, accents, a code in front ("98. Don't know"),
brackets and full stops do not matter; the whole label must be the phrase, or phrases of one kind joined by a slash."""


def guess_kind(label: str) -> MissingKind:
    """Tell the kind of a user-missing code from its label, or OTHER when the words do not settle it.

    Parameters
    ----------
    label : str
        Value label of the code, e.g. ``"98. Don't know"``.

    Examples
    --------
    >>> [guess_kind(label).value for label in ("(Refused)", "Weiss nicht", "不适用", "Don't know/refused", "None")]
    ['refused', 'dont_know', 'not_asked', 'other', 'other']
    """
    whole = KIND_OF.get(_normal(label))
    if whole is not None:
        return whole
    kinds = {KIND_OF.get(_normal(part), MissingKind.OTHER) for part in re.split(r"[/／]", label)}
    return kinds.pop() if len(kinds) == 1 else MissingKind.OTHER


def _normal(label: str) -> str:
    """Reduce a label to its words: no case, accents, code in front, brackets, full stops or doubled spaces."""
    decomposed = unicodedata.normalize("NFKD", label.replace("’", "'").replace("`", "'"))
    plain = "".join(sign for sign in decomposed if not unicodedata.combining(sign)).casefold()
    without_code = re.sub(r"^[\s(\[<]*-?\d+\s*[.):=\-]+\s*", "", plain)
    return " ".join(re.sub(r"[.,;:!()\[\]<>*\"]", " ", without_code).split())


KIND_OF: dict[str, MissingKind] = {_normal(word): kind for kind, words in WORDS.items() for word in words}
