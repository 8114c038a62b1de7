"""Reading: a questionnaire from its YAML document, refused with all findings at once."""

from __future__ import annotations

from pathlib import Path

from ..data.errors import DocumentError, Finding
from ..data.yaml_file import Document, load_document
from .check import check
from .drafting import draft
from .inheritance import inherit
from .questionnaire import Questionnaire


def read_questionnaire(path: Path | str) -> Questionnaire:
    """Read a questionnaire.

    Parameters
    ----------
    path : Path or str
        A YAML file, e.g. ``"questionnaire.yaml"``; the format is described in ``docs/questionnaire.md``.

    Raises
    ------
    FileError
        When the file is absent, no text, or too large.
    DocumentError
        With every error in it: file, line, question, problem, remedy. Warnings do not stop it; ``check`` lists them.

    Examples
    --------
    >>> from importlib.resources import files
    >>> q = read_questionnaire(files("topline.data") / "demo" / "questionnaire.yaml")
    >>> q.name, q.languages
    ('social-credit', ('en', 'zh', 'de'))
    """
    return questionnaire_from(load_document(Path(path)), Path(path).parent)


def read_questionnaire_text(text: str, name: str = "questionnaire.yaml") -> Questionnaire:
    """Read a questionnaire from the text of its document.

    Parameters
    ----------
    text : str
        YAML.
    name : str
        What messages call the document.

    Examples
    --------
    >>> q = read_questionnaire_text('''
    ... name: tiny
    ... title: Tiny
    ... languages: [en]
    ... pages:
    ...   - name: start
    ...     questions: [{name: age, type: integer, label: How old are you?}]
    ... ''')
    >>> q.variables
    ('age',)
    """
    return questionnaire_from(load_document(text, name))


def questionnaire_from(document: Document, folder: Path | None = None) -> Questionnaire:
    """Read a document as a questionnaire, or raise DocumentError with every error in it.

    Published items it names may be those of its study folder, where one is given.
    """
    questionnaire, findings = draft(document, inherit)
    errors = {finding for finding in (*findings, *check(questionnaire, folder)) if finding.severity == "error"}
    if errors:
        raise DocumentError(sorted(errors, key=_by_line))
    return questionnaire


def _by_line(finding: Finding) -> tuple[int, str, str]:
    return finding.line or 0, finding.place, finding.problem
