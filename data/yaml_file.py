"""Strict YAML: text in, text out, every key with its line.

A questionnaire is a legal document of what was asked. Ordinary YAML readers turn ``NO`` into False and ``1.10`` into
1.1, let the second of two equal keys win silently, and expand an alias bomb. Here every scalar stays the text that
was written, and anchors, aliases, tags and repeated keys are findings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from .errors import DocumentError, FileError, Finding

Value = str | list["Value"] | dict[str, "Value"]
"""What a document holds: text, a list, or keys with values. Never a number, a boolean or None."""

Place = tuple[str | int, ...]
"""Keys and list positions that lead to a value, e.g. ``("pages", 0, "questions", 3, "label", "zh")``."""

LARGEST = 1_000_000
"""Characters. The longest questionnaires in use hold about 300,000."""

DEEPEST = 20
"""Levels of nesting. A questionnaire needs eight."""

ENOUGH = 100
"""Findings after which reading stops: nobody mends more in one sitting, and a hostile document has no end of them."""


@dataclass(frozen=True)
class Document:
    """A YAML document as text, and where each part of it stands.

    Attributes
    ----------
    data : dict of str to Value
        Keys at the top; a key without value holds the empty text.
    lines : mapping of Place to int
        Line, 1-based, of every key and list entry.
    name : str
        What messages call the document, e.g. ``"questionnaire.yaml"``.
    text : str
        The document as it was read.
    """

    data: dict[str, Value]
    lines: Mapping[Place, int] = field(repr=False)
    name: str
    text: str = field(repr=False, default="")

    def line(self, *place: str | int) -> int | None:
        r"""Give the line of a key or list entry, or of the nearest part around it that is written.

        Parameters
        ----------
        *place : str or int
            Keys and list positions, e.g. ``"pages", 0, "name"``.

        Examples
        --------
        >>> document = load_document("title: Wave 1\npages:\n  - name: start\n", "questionnaire.yaml")
        >>> document.line("pages", 0, "name"), document.line("pages", 0, "relevant")
        (3, 3)
        """
        for length in range(len(place), 0, -1):
            if place[:length] in self.lines:
                return self.lines[place[:length]]
        return None


def load_document(source: Path | str, name: str = "") -> Document:
    r"""Read a YAML document strictly, and list everything that is wrong with it as YAML.

    Parameters
    ----------
    source : Path or str
        A ``Path`` is read as UTF-8; a ``str`` is the document's text itself.
    name : str, optional
        What messages call the document; the file's name where not given.

    Returns
    -------
    Document
        Text, lists and keys only: the caller converts what should be a number.

    Raises
    ------
    FileError
        When the file is absent, unreadable, not UTF-8 or larger than a document can be.
    DocumentError
        With all findings: syntax, repeated keys, anchors, aliases, tags, nesting too deep, no keys at the top.

    Examples
    --------
    >>> load_document("country: NO\nversion: 1.10\n").data
    {'country': 'NO', 'version': '1.10'}
    >>> load_document("sex: 1\nage: 30\nsex: 2\n", "answers.yaml")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    topline.data.errors.DocumentError: answers.yaml, line 3: the key 'sex' stands here again; ...
    """
    text = _read(source) if isinstance(source, Path) else source
    name = name or (source.name if isinstance(source, Path) else "document")
    if len(text) > LARGEST:
        raise FileError(f"{name} holds {len(text):,} characters; the most a document may hold is {LARGEST:,}.")
    reading = _Reading(name)
    data = reading.document(text.removeprefix("\ufeff"))
    if reading.findings:
        raise DocumentError(sorted(reading.findings, key=lambda finding: finding.line or 0))
    return Document(data, reading.lines, name, text)


def _read(path: Path) -> str:
    try:
        # Four bytes is the longest a character can be: anything larger need not be read to be refused.
        if path.stat().st_size > 4 * LARGEST:
            raise FileError(
                f"{path} holds {path.stat().st_size:,} bytes; a document has at most {LARGEST:,} characters."
            )
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise FileError(
            f"{path} is not UTF-8 text (byte {error.start + 1} is {error.object[error.start]:#04x}). "
            "Save it again with the encoding UTF-8."
        ) from error
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror or error}.") from error


IDEOGRAPH = "[\u2e80-\u30ff\u31f0-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffee\U00020000-\U0003ffff]"
"""A character of Chinese or Japanese, whose words and sentences no space divides; punctuation included."""

BROKEN = re.compile(f"(?<={IDEOGRAPH})[ \\t]*\\n\\s*(?={IDEOGRAPH})")
SPACED = re.compile(f"(?<={IDEOGRAPH}) (?={IDEOGRAPH})")


def one_line(text: str) -> str:
    r"""Put a text on one line: lines are joined with a space, but Chinese and Japanese ones without.

    Examples
    --------
    >>> one_line("What do\nyou think?"), one_line("名单由政府发布。\n您是否支持？")
    ('What do you think?', '名单由政府发布。您是否支持？')
    """
    return " ".join(BROKEN.sub("", text).split())


def _unfolded(value: str, lines: list[str]) -> str:
    """Take the space out that YAML puts between two lines of Chinese; one that was typed within a line stays."""
    written = "\n".join(lines)

    def kept(space: re.Match[str]) -> str:
        """Give the space, if it was typed."""
        around = value[space.start() - 1 : space.end() + 1]
        return " " if around in written else ""

    return SPACED.sub(kept, value)


class _Stop(Exception):
    """The rest of the document is not worth reading."""


class _Reading:
    """One pass over the parser's events."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.findings: list[Finding] = []
        self.lines: dict[Place, int] = {}
        self.written: list[str] = []

    def document(self, text: str) -> dict[str, Value]:
        """Read the whole text; findings are kept, not raised."""
        data: Value = ""
        try:
            self.written = text.splitlines()
            events: Iterator[Event] = YAML(typ="safe", pure=True).parse(text)
            for event in events:
                if isinstance(event, DocumentStartEvent):
                    if self.lines or data:
                        self.find(event, "a second document starts here ('---'); a file holds one.")
                        return {}
                    data = self.value(next(events), events, ())
        except _Stop:
            return {}
        except YAMLError as error:
            self.findings.append(_syntax(error, self.name, text))
            return {}
        if not isinstance(data, dict):
            kind = "a list" if isinstance(data, list) else "text" if data else "nothing"
            problem = f"the document holds {kind} at its top; keys are expected, such as 'title: ...'."
            self.findings.append(Finding(self.name, "", problem))
            return {}
        return data

    def value(self, event: Any, events: Iterator[Event], place: Place) -> Value:
        if isinstance(event, AliasEvent):
            self.find(event, f"the alias '*{event.anchor}' is not read; write the text out where it belongs.", place)
            return ""
        if event.anchor:
            self.find(event, f"the anchor '&{event.anchor}' is not read; remove it.", place)
        if event.tag:
            self.find(event, f"the tag '{event.tag}' is not read; remove it, every value is text here.", place)
        if isinstance(event, ScalarEvent):
            first, last = event.start_mark.line, event.end_mark.line
            if event.style == "|" or first == last:
                return str(event.value)
            return _unfolded(str(event.value), self.written[first : last + 1])
        if len(place) >= DEEPEST:
            self.find(event, f"nested deeper than {DEEPEST} levels; nothing in a study document is.", place[:3])
            raise _Stop
        if isinstance(event, SequenceStartEvent):
            return self.sequence(events, place)
        return self.mapping(events, place)

    def sequence(self, events: Iterator[Event], place: Place) -> list[Value]:
        entries: list[Value] = []
        for event in events:
            if isinstance(event, SequenceEndEvent):
                break
            here = (*place, len(entries))
            self.lines[here] = _line(event)
            entries.append(self.value(event, events, here))
        return entries

    def mapping(self, events: Iterator[Event], place: Place) -> dict[str, Value]:
        entries: dict[str, Value] = {}
        for event in events:
            if isinstance(event, MappingEndEvent):
                break
            key = self.key(event, events, place)
            here = (*place, key)
            if key in entries:
                problem = f"the key '{key}' stands here again; it is already on line {self.lines[here]}. "
                self.find(event, problem + "Remove or rename one of the two.", place)
                # Read past the second value for its own findings; what the first one said stays.
                kept, self.lines = self.lines, {}
                self.value(next(events), events, here)
                self.lines = kept
                continue
            self.lines[here] = _line(event)
            entries[key] = self.value(next(events), events, here)
        return entries

    def key(self, event: Any, events: Iterator[Event], place: Place) -> str:
        if isinstance(event, MappingStartEvent | SequenceStartEvent):
            self.find(event, "a list or keys stand where one key is expected; quote the key if it is text.", place)
            raise _Stop
        value = self.value(event, events, place)
        return value if isinstance(value, str) else ""

    def find(self, event: Any, problem: str, place: Place = ()) -> None:
        self.findings.append(Finding(self.name, spoken(place), problem, _line(event)))
        if len(self.findings) == ENOUGH:
            raise _Stop


def spoken(place: Place) -> str:
    """Say a place as a person would look for it.

    Examples
    --------
    >>> spoken(("pages", 0, "questions", 3, "label"))
    'pages, entry 1, questions, entry 4, label'
    """
    return ", ".join(f"entry {part + 1}" if isinstance(part, int) else part for part in place)


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _syntax(error: YAMLError, name: str, text: str) -> Finding:
    """Say in plain words what the parser stumbled over, and at which line."""
    if not isinstance(error, MarkedYAMLError) or error.problem_mark is None:
        first = str(error).strip().splitlines()[0]
        return Finding(name, "", f"this is not YAML: {first}. Remove characters that cannot be printed.")
    problem, lines = str(error.problem), text.splitlines()
    here, opened = _Spot.of(error.problem_mark, lines), _Spot.of(error.context_mark or error.problem_mark, lines)
    if "end of stream" in problem and "quoted" in str(error.context):
        # An open quote is noticed at the end of the document; its beginning is what helps.
        return Finding(name, "", "the quote that opens here is never closed; write a second one.", opened.number)
    if "could not find expected ':'" in problem:
        said = f"'{opened.text.strip()[:40]}' is neither 'key: text' nor '- entry'; a space stands behind ':' and '-'."
        return Finding(name, "", said, opened.number)
    return Finding(name, "", _plain(error, problem, here, opened, lines), here.number)


@dataclass(frozen=True)
class _Spot:
    """A place the parser points to: the line's number and text, and the column, 1-based."""

    number: int
    column: int
    text: str

    @classmethod
    def of(cls, mark: Any, lines: list[str]) -> _Spot:
        return cls(mark.line + 1, mark.column + 1, lines[mark.line] if mark.line < len(lines) else "")

    @property
    def before(self) -> str:
        """What stands on the line before the place."""
        return self.text[: self.column - 1]


def _plain(error: MarkedYAMLError, problem: str, here: _Spot, opened: _Spot, lines: list[str]) -> str:
    found = here.text[here.column - 1 : here.column]
    if "cannot start any token" in problem:
        if found == "\t":
            return f"this line {'holds' if here.before.strip() else 'begins with'} a tab; indent with spaces."
        return f"a text that begins with '{found}' stands in quotes; put them around it."
    if "expected <block end>" in problem or "expected '<document start>'" in problem:
        return _misplaced(here, opened, lines)
    if "mapping values are not allowed" in problem:
        inside = ": " in here.before or not _above(here.number, lines)
        quotes = "a text that holds ': ' stands in quotes; put them around it."
        return quotes if inside else _misplaced(here, opened, lines)
    if "flow" in str(error.context):
        bracket = opened.text[opened.column - 1 : opened.column]
        closing = {"[": "]", "{": "}"}.get(bracket, "its end")
        return (
            f"the '{bracket}' of line {opened.number} is not closed here as it should be; write '{closing}' where it "
            "ends, and put quotes around a text that holds a comma or ': '."
        )
    said = ", ".join(part for part in (error.context, error.problem) if part)
    return f"this is not YAML: {said}. Check the indentation, and put quotes around a text that holds ': ' or ' #'."


def _misplaced(here: _Spot, opened: _Spot, lines: list[str]) -> str:
    """Say that a line is not indented as the lines above it are, with the columns that can be told."""
    entry = here.text.lstrip().startswith("-")
    column = _column(here.text, entry)
    numbers = [number for number in (opened.number, _above(here.number, lines)) if 0 < number < here.number]
    fitting = {_column(lines[number - 1], entry): number for number in numbers}
    fitting.pop(column, None)
    places = " and ".join(f"line {number} begins in column {place}" for place, number in fitting.items())
    places += (
        " (behind '- ')" if not entry and any(lines[n - 1].lstrip().startswith("- ") for n in fitting.values()) else ""
    )
    where = f"begins in column {column}, which does not fit the lines above" + (f": {places}" if places else "")
    return f"this line {where}. Indent it by as many spaces as the lines it belongs with."


def _above(number: int, lines: list[str]) -> int:
    """Give the number of the nearest line above that says something; 0 where there is none."""
    said = (other for other in range(number - 1, 0, -1) if lines[other - 1].strip(" -").partition("#")[0])
    return next(said, 0)


def _column(line: str, entry: bool) -> int:
    """Give the column in which an entry begins with its '-', or in which the keys beside a line stand."""
    return len(line) - len(line.lstrip(" " if entry else " -")) + 1
