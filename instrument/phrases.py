"""Phrases: what the questionnaire itself says to a respondent, outside the wording of its questions."""

from __future__ import annotations

from ..data.errors import UnknownNameError

FALLBACK = "en"
"""Language of a phrase that is not translated into the one asked for."""

PHRASES: dict[str, dict[str, str]] = {
    "consent_yes": {
        "en": "Yes, I take part",
        "zh": "是，我同意参加",
        "de": "Ja, ich nehme teil",
    },
    "consent_no": {
        "en": "No, I do not take part",
        "zh": "否，我不参加",
        "de": "Nein, ich nehme nicht teil",
    },
    "required": {
        "en": "Please answer this question.",
        "zh": "请回答此题。",
        "de": "Bitte beantworten Sie diese Frage.",
    },
    "required_row": {
        "en": "Please choose an answer in this row.",
        "zh": "请在此行选择一个答案。",
        "de": "Bitte wählen Sie in dieser Zeile eine Antwort.",
    },
    "choose_one": {
        "en": "Please choose only one answer.",
        "zh": "请只选择一个答案。",
        "de": "Bitte wählen Sie nur eine Antwort.",
    },
    "not_offered": {
        "en": "Please choose one of the answers offered.",
        "zh": "请从所列答案中选择。",
        "de": "Bitte wählen Sie eine der angebotenen Antworten.",
    },
    "exclusive": {
        "en": "“{choice}” cannot be chosen together with other answers. Please keep one or the other.",
        "zh": "“{choice}”不能与其他答案同时选择，请保留其中之一。",
        "de": "„{choice}“ kann nicht zusammen mit anderen Antworten gewählt werden. Bitte entscheiden Sie sich.",
    },
    "whole_number": {
        "en": "Please write a whole number in digits, for example 42.",
        "zh": "请用数字填写整数，例如 42。",
        "de": "Bitte schreiben Sie eine ganze Zahl in Ziffern, zum Beispiel 42.",
    },
    "number": {
        "en": "Please write a number in digits, for example 42 or 3.5.",
        "zh": "请用数字填写，例如 42 或 3.5。",
        "de": "Bitte schreiben Sie eine Zahl in Ziffern, zum Beispiel 42 oder 3,5.",
    },
    "number_or_choice": {
        "en": "Please either write a number or choose “{choice}”, not both.",
        "zh": "请填写数字或选择“{choice}”，不要两者都填。",
        "de": "Bitte schreiben Sie entweder eine Zahl oder wählen Sie „{choice}“, nicht beides.",
    },
    "too_long": {
        "en": "Your text has {length} characters; at most {most} can be kept. Please shorten it.",
        "zh": "您的文字有 {length} 个字符，最多可保存 {most} 个，请缩短。",
        "de": "Ihr Text hat {length} Zeichen; höchstens {most} können gespeichert werden. Bitte kürzen Sie ihn.",
    },
    "constraint": {
        "en": "This answer is not possible here. Please check it.",
        "zh": "此答案不符合要求，请检查。",
        "de": "Diese Antwort ist hier nicht möglich. Bitte prüfen Sie sie.",
    },
}
"""Key -> language -> phrase, with the values to fill in between braces."""


def phrase(key: str, language: str, **values: object) -> str:
    """Give a phrase in the respondent's language, in English where it is not translated.

    Parameters
    ----------
    key : str
        e.g. ``"required"``.
    language : str
        e.g. ``"de"``; a region is left away where the phrase has none (``"de-AT"`` reads ``"de"``).
    **values : object
        What stands between the braces of the phrase, e.g. ``length=2500, most=2000``.

    Raises
    ------
    UnknownNameError
        When there is no such phrase.

    Examples
    --------
    >>> phrase("required", "de")
    'Bitte beantworten Sie diese Frage.'
    >>> phrase("choose_one", "fr")
    'Please choose only one answer.'
    """
    if key not in PHRASES:
        raise UnknownNameError("phrase", key, PHRASES)
    spoken = PHRASES[key]
    for spelled in (language, language.split("-")[0].split("_")[0]):
        if spelled in spoken:
            return spoken[spelled].format(**values)
    return spoken[FALLBACK].format(**values)
