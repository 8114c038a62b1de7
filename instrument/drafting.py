"""Drafting: a YAML document read as a questionnaire as far as it goes, with everything noted that it cannot be.

A part that is wrong is noted and read as something harmless, so that the rest of the document is examined too and
a field team sees all findings at once. ``reading.read_questionnaire`` refuses a draft that has any.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar, get_args

from ..data.codebook import MissingKind
from ..data.errors import DocumentError, Finding, UnknownNameError, did_you_mean
from ..data.yaml_file import Document, Place, Value, one_line
from .inheritance import Inherited
from .naming import ENOUGH, LANGUAGE_CODE
from .questionnaire import Choice, ChoiceList, Page, Question, Questionnaire, QuestionType, Row, Text, digest

DOCUMENT = ("name", "version", "title", "languages", "seed", "choices", "pages")
CHOICE_LIST = ("scale", "measure", "collapse", "options")
CHOICE = ("name", "label", "missing", "last", "exclusive")
PAGE = ("name", "title", "relevant", "questions")
ROW = ("name", "label", "bank", "replicates")
QUESTION = (
    "name",
    "type",
    "label",
    "hint",
    "choices",
    "required",
    "relevant",
    "constraint",
    "constraint_message",
    "randomize",
    "rows",
    "bank",
    "replicates",
)
TYPES: tuple[str, ...] = get_args(QuestionType)
MEASURES = ("nominal", "ordinal")
TRUE, FALSE = ("true", "yes"), ("false", "no", "")

MOST_VARIABLES = 3_000
"""Questions and rows; the longest questionnaires in use have half as many."""

Made = TypeVar("Made")


BankLookup = Callable[[str], Inherited]
"""Bank item id -> what is inherited; raises UnknownNameError."""


def draft(document: Document, bank: BankLookup) -> tuple[Questionnaire, tuple[Finding, ...]]:
    r"""Read a document as a questionnaire as far as it goes.

    Parameters
    ----------
    document : Document
        As ``load_document`` read it.
    bank : callable
        Looks an item of the question bank up.

    Returns
    -------
    Questionnaire
        Right wherever the document is; not to be fielded while there are findings.
    tuple of Finding
        Wrong types, unknown keys, missing keys. What the parts mean together is ``check``'s to say.

    Raises
    ------
    DocumentError
        When there are a hundred findings: the rest is not read.

    Examples
    --------
    >>> from ..data.yaml_file import load_document
    >>> document = load_document("name: q\ntitle: Q\nlanguages: [en]\npagse: []", "q.yaml")
    >>> for finding in draft(document, lambda item: Inherited())[1]:
    ...     print(finding)
    q.yaml, line 4: the key 'pagse' is not known here. Did you mean 'pages'?
    q.yaml: the key 'pages' is missing.
    """
    drafting = _Drafting(document, bank)
    return drafting.questionnaire(), tuple(drafting.findings)


class _Drafting:
    """One document being read. Every method takes the place it reads at and what a person calls that place."""

    def __init__(self, document: Document, bank: BankLookup) -> None:
        self.document, self.bank = document, bank
        self.findings: list[Finding] = []
        self.languages: tuple[str, ...] = ()
        self.lent: dict[str, ChoiceList] = {}

    def questionnaire(self) -> Questionnaire:
        part = _Part(self, (), "", self.document.data, DOCUMENT)
        self.languages = self.read_languages(part)
        for key in ("name", "title", "languages", "pages"):
            part.needs(key)
        pages = tuple(part.entries("pages", self.page))
        written = {known.name: known for known in self.choice_lists(part)}
        self.refuse_too_large(part, pages)
        return Questionnaire(
            name=part.text("name") or "unnamed",
            version=part.text("version") or "1",
            title=part.wording("title"),
            languages=self.languages,
            seed=part.whole("seed", 1),
            choice_lists=written | {name: lent for name, lent in self.lent.items() if name not in written},
            pages=pages,
            source=self.document.name,
            digest=digest(self.document.text),
            lines=part.lines,
        )

    def read_languages(self, part: _Part) -> tuple[str, ...]:
        """Read the languages; where the list is wrong, those meant are taken, so that every text is not wrong too."""
        written = part.data.get("languages", "")
        names = [name for name in re.split(r"[\s,;，、]+", written) if name] if isinstance(written, str) else []
        if isinstance(written, str) and len(names) > 1:
            coded = all(LANGUAGE_CODE.fullmatch(name) for name in names)
            remedy = ", ".join(names) if coded else "en, zh"
            part.find("languages", f"'languages' is the text '{written[:40]}'; write a list of codes: [{remedy}].")
            return tuple(dict.fromkeys(names)) if coded else self.languages_of_title(part)
        languages = part.names("languages")
        wrong = [name for name in languages if not LANGUAGE_CODE.fullmatch(name)]
        for name in wrong:
            part.find("languages", f"'{name}' is not a language code; write it as in 'en', 'zh' or 'pt-BR'.")
        return languages if languages and not wrong else self.languages_of_title(part)

    @staticmethod
    def languages_of_title(part: _Part) -> tuple[str, ...]:
        """Give the languages the title is written in."""
        title = part.data.get("title", "")
        names = title if isinstance(title, dict) else ()
        return tuple(name for name in names if LANGUAGE_CODE.fullmatch(name)) or ("en",)

    def refuse_too_large(self, part: _Part, pages: tuple[Page, ...]) -> None:
        """Refuse more questions than anybody fields."""
        variables = sum(len(question.rows) or 1 for page in pages for question in page.questions)
        if variables > MOST_VARIABLES:
            part.find("pages", f"asks {variables:,} questions; at most {MOST_VARIABLES:,} are read. Split it.")
            raise DocumentError(self.findings)

    def choice_lists(self, part: _Part) -> Iterator[ChoiceList]:
        for name, value in part.mapping("choices").items():
            yield self.choice_list(("choices", name), name, value)

    def choice_list(self, place: Place, name: str, value: Value) -> ChoiceList:
        part = _Part(self, place, f"choice list {name}", value, CHOICE_LIST)
        part.needs("options")
        collapse = {group: part.names("collapse", group) for group in part.mapping("collapse")}
        return ChoiceList(
            name=name,
            choices=tuple(part.entries("options", self.choice, f"choice list {name}, option")),
            scale=part.text("scale"),
            measure="ordinal" if part.one_of("measure", MEASURES, "nominal") == "ordinal" else "nominal",
            collapse=collapse,
            line=part.line,
            lines=part.lines,
        )

    def choice(self, place: Place, called: str, value: Value) -> Choice:
        part = _Part(self, place, called, value, CHOICE)
        part.needs("name")
        kind = part.one_of("missing", [kind.value for kind in MissingKind], "")
        return Choice(
            name=part.text("name"),
            label=part.wording("label"),
            missing=MissingKind(kind) if kind else None,
            last=part.flag("last"),
            exclusive=part.flag("exclusive"),
            line=part.line,
            lines=part.lines,
        )

    def page(self, place: Place, called: str, value: Value) -> Page:
        part = _Part(self, place, called, value, PAGE)
        part.needs("name")
        part.needs("questions")
        return Page(
            name=part.text("name"),
            title=part.wording("title"),
            relevant=part.text("relevant"),
            questions=tuple(part.entries("questions", self.question)),
            line=part.line,
            lines=part.lines,
        )

    def question(self, place: Place, called: str, value: Value) -> Question:
        part = _Part(self, place, called, value, QUESTION)
        part.needs("name")
        part.needs("type")
        kind = self.question_type(part)
        own = self.inherited(part)
        rows, lent = self.rows(part)
        inherited = lent if kind == "grid" else own
        return Question(
            name=part.text("name"),
            type=kind,
            label=self.same(part, "label", inherited.stem if kind == "grid" else _joined(inherited)),
            choices=part.text("choices") or self.lend(inherited.choice_list),
            hint=part.wording("hint") or self.spoken(inherited.hint),
            required=part.flag("required"),
            relevant=part.text("relevant"),
            constraint=part.text("constraint"),
            constraint_message=part.wording("constraint_message"),
            randomize=part.flag("randomize"),
            rows=rows,
            bank=part.text("bank"),
            replicates=part.names("replicates") or own.replicates,
            line=part.line,
            lines=part.lines,
        )

    def rows(self, part: _Part) -> tuple[tuple[Row, ...], Inherited]:
        """Read the rows of a grid, and what the bank has for the first of them that names an item."""
        lent: list[Inherited] = []

        def row(place: Place, called: str, value: Value) -> Row:
            line = _Part(self, place, called, value, ROW)
            line.needs("name")
            inherited = self.inherited(line)
            if line.text("bank"):
                lent.append(inherited)
            return Row(
                name=line.text("name"),
                label=self.same(line, "label", inherited.label),
                bank=line.text("bank"),
                replicates=line.names("replicates") or inherited.replicates,
                line=line.line,
                lines=line.lines,
            )

        rows = tuple(part.entries("rows", row, f"{part.called}, row"))
        return rows, lent[0] if lent else Inherited()

    def question_type(self, part: _Part) -> QuestionType:
        """Read the type; an unknown one is read as what the other keys suggest."""
        likely = "grid" if "rows" in part.data else "select_one" if "choices" in part.data else "text"
        kind = part.one_of("type", TYPES, likely)
        return next(known for known in get_args(QuestionType) if known == kind)

    def inherited(self, part: _Part) -> Inherited:
        """Look up the bank item a question or row names."""
        item = part.text("bank")
        if not item:
            return Inherited()
        try:
            return self.bank(item)
        except UnknownNameError as error:
            part.find("bank", str(error))
            return Inherited()

    def spoken(self, text: Text) -> Text:
        """Give a text of the bank in the questionnaire's languages."""
        return {language: text[language] for language in self.languages if language in text}

    def same(self, part: _Part, key: str, inherited: Text) -> Text:
        """Read a wording, or take the bank's; warn where the two differ, for then it is another question."""
        known = self.spoken(inherited)
        given = part.wording(key)
        for language in given.keys() & known.keys():
            if one_line(given[language]) != one_line(known[language]):
                part.find(
                    key,
                    f"the {key} in '{language}' is not the question bank's, '{known[language]}'. "
                    "Write it so, or remove 'bank': results on another wording are another question's.",
                    severity="warning",
                )
        return given or known

    def lend(self, choices: ChoiceList | None) -> str:
        """Take a choice list over from the bank; one of that name in the document comes first."""
        if choices is None:
            return ""
        spoken = tuple(choice.model_copy(update={"label": self.spoken(choice.label)}) for choice in choices.choices)
        self.lent.setdefault(choices.name, choices.model_copy(update={"choices": spoken}))
        return choices.name


class _Part:
    """One mapping of the document: its keys read as what they should be, with a finding where they are not."""

    def __init__(self, drafting: _Drafting, place: Place, called: str, value: Value, known: tuple[str, ...]) -> None:
        self.drafting, self.place = drafting, place
        self.data: Mapping[str, Value] = value if isinstance(value, dict) else {}
        name = self.data.get("name")
        self.called = _named(called, name) if isinstance(name, str) and name and place else called
        self.line = drafting.document.line(*place)
        self.lines = {key: line for key in self.data if (line := drafting.document.line(*place, key)) is not None}
        if not isinstance(value, dict):
            self.find(None, f"{_shown(value)} stands where keys are expected, such as '{known[0]}: ...'.")
        for key in self.data:
            if key not in known:
                self.find(key, f"the key '{key}' is not known here.{did_you_mean(key, known)}")

    def find(self, key: str | None, problem: str, *, severity: str = "error") -> None:
        """Note a finding at a key, or at the part itself."""
        line = self.lines.get(key, self.line) if key is not None else self.line
        findings = self.drafting.findings
        findings.append(Finding(self.drafting.document.name, self.called, problem, line, severity))
        if len(findings) >= ENOUGH:
            raise DocumentError(findings)

    def needs(self, key: str) -> None:
        """Note a key that is absent."""
        if self.data and key not in self.data:
            self.find(None, f"the key '{key}' is missing.")

    def text(self, key: str) -> str:
        """Read a text; absent is empty."""
        value = self.data.get(key, "")
        if isinstance(value, str):
            return value.strip()
        self.find(key, f"'{key}' is {_shown(value)}; a text is expected.")
        return ""

    def flag(self, key: str) -> bool:
        """Read true or false; absent is false."""
        value = self.text(key).lower()
        if value not in (*TRUE, *FALSE):
            self.find(key, f"'{key}' is '{value}'; true or false is expected.")
        return value in TRUE

    def whole(self, key: str, default: int) -> int:
        """Read a whole number."""
        value = self.text(key)
        if not value:
            return default
        if not re.fullmatch(r"-?[0-9]{1,18}", value):
            self.find(key, f"'{key}' is '{value}'; a whole number is expected.")
            return default
        return int(value)

    def one_of(self, key: str, known: list[str] | tuple[str, ...], default: str) -> str:
        """Read one of the words known."""
        value = self.text(key)
        if not value:
            return default
        if value not in known:
            self.find(key, f"'{key}' is '{value}', which is not one of {', '.join(known)}.{_near(value, known)}")
            return default
        return value

    def names(self, *keys: str) -> tuple[str, ...]:
        """Read a list of texts; a single text is a list of one."""
        value: Value = dict(self.data)
        for key in keys:
            value = value.get(key, "") if isinstance(value, dict) else ""
        if isinstance(value, str):
            return (value.strip(),) if value.strip() else ()
        if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
            return tuple(str(entry).strip() for entry in value)
        self.find(keys[0], f"'{' '.join(keys)}' is {_shown(value)}; a list of texts is expected.")
        return ()

    def wording(self, key: str) -> Text:
        """Read a wording: one text for each language, or a plain text in a questionnaire of one language."""
        value = self.data.get(key, "")
        languages = self.drafting.languages
        if isinstance(value, str):
            return {languages[0]: value.strip()} if value.strip() else {}
        if not isinstance(value, dict):
            self.find(key, f"'{key}' is {_shown(value)}; a text for each language is expected.")
            return {}
        spoken: dict[str, str] = {}
        for language, text in value.items():
            if language not in languages:
                remedy = _near(language, languages) or f" The languages are {', '.join(languages)}."
                if " " in language:
                    remedy = " A text with a comma stands in quotes."
                self.find(key, f"'{key}' has a text in '{language}', which is not a language here.{remedy}")
            elif not isinstance(text, str):
                self.find(key, f"'{key}' in '{language}' is {_shown(text)}; a text is expected.")
            elif text.strip():
                spoken[language] = text.strip()
        return spoken

    def mapping(self, key: str) -> Mapping[str, Value]:
        """Read keys with values; absent is none."""
        value = self.data.get(key, "")
        if isinstance(value, dict):
            return value
        if value != "":
            self.find(key, f"'{key}' is {_shown(value)}; keys are expected.")
        return {}

    def entries(self, key: str, read: Callable[[Place, str, Value], Made], called: str = "") -> Iterator[Made]:
        """Read every entry of a list."""
        value = self.data.get(key, "")
        if not isinstance(value, list):
            if value != "":
                self.find(key, f"'{key}' is {_shown(value)}; a list is expected, each entry behind '- '.")
            return
        for number, entry in enumerate(value):
            yield read((*self.place, key, number), f"{called or key.removesuffix('s')} {number + 1}", entry)


def _joined(inherited: Inherited) -> Text:
    """Give the wording of an item asked alone: behind the stem of its battery, if it has one."""
    return {
        language: f"{inherited.stem.get(language, '')} {text}".strip() for language, text in inherited.label.items()
    }


def _named(called: str, name: str) -> str:
    """Call a part by its name rather than its number."""
    return f"{called.rpartition(' ')[0]} {name}" if not called.startswith("choice list ") or "," in called else called


def _near(value: str, known: list[str] | tuple[str, ...]) -> str:
    """Suggest a near name, and keep silent when there is none: the known ones are listed already."""
    suggested = did_you_mean(value, known)
    return suggested if suggested.startswith(" Did you mean") else ""


def _shown(value: Value) -> str:
    """Show a value of the wrong kind."""
    if isinstance(value, str):
        return f"the text '{value[:40]}'" if value else "nothing"
    return "a list" if isinstance(value, list) else "a set of keys"
