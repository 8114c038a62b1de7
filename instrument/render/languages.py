"""Languages as their speakers write them, and the direction they are read in."""

from __future__ import annotations

AUTONYMS = {
    "ar": "العربية",
    "bn": "বাংলা",
    "bo": "བོད་ཡིག",
    "cs": "Čeština",
    "da": "Dansk",
    "de": "Deutsch",
    "el": "Ελληνικά",
    "en": "English",
    "es": "Español",
    "fa": "فارسی",
    "fi": "Suomi",
    "fr": "Français",
    "he": "עברית",
    "hi": "हिन्दी",
    "hu": "Magyar",
    "id": "Bahasa Indonesia",
    "it": "Italiano",
    "ja": "日本語",
    "kk": "Қазақша",
    "ko": "한국어",
    "mn": "Монгол",
    "ms": "Bahasa Melayu",
    "nb": "Norsk bokmål",
    "nl": "Nederlands",
    "pl": "Polski",
    "pt": "Português",
    "ro": "Română",
    "ru": "Русский",
    "sv": "Svenska",
    "sw": "Kiswahili",
    "ta": "தமிழ்",
    "th": "ไทย",
    "tr": "Türkçe",
    "ug": "ئۇيغۇرچە",
    "uk": "Українська",
    "ur": "اردو",
    "vi": "Tiếng Việt",
    "zh": "中文",
    "zh-Hans": "简体中文",
    "zh-Hant": "繁體中文",
}

RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ug", "ur"})


def autonym(language: str) -> str:
    """Give a language's own name for itself, or its code where it is not known.

    Examples
    --------
    >>> autonym("zh"), autonym("de-AT"), autonym("tlh")
    ('中文', 'Deutsch', 'tlh')
    """
    return AUTONYMS.get(language) or AUTONYMS.get(language.split("-")[0], language)


def direction(language: str) -> str:
    """Give the HTML ``dir`` of a language.

    Examples
    --------
    >>> direction("ug"), direction("zh")
    ('rtl', 'ltr')
    """
    return "rtl" if language.split("-")[0] in RIGHT_TO_LEFT else "ltr"


def preferred(accepted: str, offered: tuple[str, ...]) -> str:
    """Choose the language a browser asks for, or the first one offered.

    Parameters
    ----------
    accepted : str
        The browser's ``Accept-Language``.
    offered : tuple of str
        The questionnaire's languages.

    Examples
    --------
    >>> preferred("fr-CH, zh-CN;q=0.8, en;q=0.7", ("en", "zh"))
    'zh'
    >>> preferred("", ("en", "zh"))
    'en'
    """
    wishes = sorted((_wish(part) for part in accepted[:500].split(",")), key=lambda wish: -wish[1])
    for tag, quality in wishes:
        for language in offered:
            if quality > 0 and tag.startswith(language.lower()) and tag[len(language) :][:1] in ("", "-"):
                return language
    return offered[0]


def _wish(part: str) -> tuple[str, float]:
    tag, _, weight = part.strip().partition(";q=")
    try:
        return tag.strip().lower(), float(weight or 1)
    except ValueError:
        return tag.strip().lower(), 0.0
