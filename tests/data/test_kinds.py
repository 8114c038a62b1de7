"""Kinds of missing are told only from words that leave no doubt."""

import pytest

from topline.data.codebook import MissingKind
from topline.data.kinds import KIND_OF, WORDS, guess_kind


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("Don't know", "dont_know"),
        ("DON’T KNOW", "dont_know"),
        ("98. Don't know", "dont_know"),
        ("(98) don't know", "dont_know"),
        ("-1 = Don't know", "dont_know"),
        ("DK", "dont_know"),
        ("d.k.", "other"),
        ("Weiß nicht", "dont_know"),
        ("WEISS NICHT", "dont_know"),
        ("不知道", "dont_know"),
        ("說不清楚", "dont_know"),
        ("Ne sait pas", "dont_know"),
        ("Refused", "refused"),
        ("[Refused]", "refused"),
        ("99: Refused (volunteered)", "refused"),
        ("Prefer not to say", "refused"),
        ("Antwort verweigert", "refused"),
        ("拒绝回答", "refused"),
        ("Refus de répondre", "refused"),
        ("refus de repondre", "refused"),
        ("Not applicable", "not_asked"),
        ("Inap.", "not_asked"),
        ("Trifft nicht zu", "not_asked"),
        ("不适用", "not_asked"),
        ("Sans objet", "not_asked"),
        ("Don't know / Can't say", "dont_know"),
        ("不知道／不清楚", "dont_know"),
        ("Don't know / refused", "other"),
        ("Don't know / none", "other"),
        ("No answer", "other"),
        ("keine Angabe", "other"),
        ("Neither", "other"),
        ("I don't know anybody there", "other"),
        ("98", "other"),
        ("", "other"),
    ],
)
def test_labels(label, kind):
    assert guess_kind(label) == kind


def test_no_phrase_stands_for_two_kinds():
    assert sum(len(set(words)) for words in WORDS.values()) >= len(KIND_OF) > 80
    for kind, words in WORDS.items():
        assert kind is not MissingKind.OTHER
        for word in words:
            assert guess_kind(word) is kind
