"""Check: everything to mend before a questionnaire is fielded, all of it at once.

Errors stop fielding; warnings are worth a look. The rules of names are those of the statistical packages that will
read the data (SPSS Statistics Command Syntax Reference, "Variable names"; Stata User's Guide, 11.3 Naming conventions).
"""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..data.codebook import MissingKind
from ..data.errors import DocumentError, ExpressionError, Finding, did_you_mean
from ..data.yaml_file import load_document
from .check_conditions import check_conditions
from .conditions import holds
from .drafting import draft
from .expressions import parse, references
from .inheritance import check_bank_answers, check_published, inherit
from .naming import EXPORTED, LANGUAGE_CODE, NOT_ASKED, SPOKEN, WHOLE, Enough, Find, finder, option_variable
from .questionnaire import Choice, ChoiceList, Page, Part, Question, Questionnaire, Text

LONGEST_NAME = 32
"""Characters a variable name may have in SPSS syntax and Stata alike."""

RESERVED = frozenset(
    "all and by eq ge gt le lt ne not or to with "
    "_all _b byte _coef _cons double float if in int long _n _pi _pred _rc _skip strl using".split()
)
"""Words SPSS or Stata keep for themselves, in lower case."""

NEEDS_LIST = ("select_one", "select_multiple", "grid")
NUMBERS = ("integer", "decimal")


def check(questionnaire: Questionnaire, folder: Path | None = None) -> tuple[Finding, ...]:
    """Examine a questionnaire as a whole.

    Parameters
    ----------
    questionnaire : Questionnaire
        As read, or as made in Python.
    folder : Path, optional
        Its study folder, e.g. ``Path("my-study")``, whose own published figures it may name.

    Returns
    -------
    tuple of Finding
        Errors and warnings, by line where lines are known.

    Examples
    --------
    >>> from .questionnaire import Page, Question, Questionnaire
    >>> ask = Question(name="all", type="select_one", label={"en": "All?"}, relevant="${q1} = '1'")
    >>> q = Questionnaire(name="q", title={"en": "Q"}, languages=("en",), source="q.yaml",
    ...                   pages=(Page(name="start", questions=(ask,)),))
    >>> for finding in check(q):
    ...     print(finding.severity, finding)
    error q.yaml, question all: 'all' is a word of SPSS or Stata; take another name, such as 'q_all'.
    error q.yaml, question all: has no choices; name a choice list: 'choices: ...'. None are known.
    error q.yaml, question all: 'relevant' names '${q1}', which is not a question. Known: all.
    warning q.yaml: asks for no consent; begin with a question of type consent.
    """
    find, findings = finder(questionnaire)
    with contextlib.suppress(Enough):
        _check_everything(questionnaire, find, folder)
    return tuple(sorted(findings, key=lambda finding: finding.line or 0))


def _check_everything(questionnaire: Questionnaire, find: Find, folder: Path | None) -> None:
    """Examine part by part, the cheapest first."""
    questionnaire = _in_languages_written(questionnaire, find)
    _check_document(questionnaire, find)
    _check_names(questionnaire, find)
    for choices in questionnaire.choice_lists.values():
        _check_choice_list(questionnaire, choices, find)
    for page in questionnaire.pages:
        _check_page(questionnaire, page, find)
    for question in questionnaire.questions:
        _check_question(questionnaire, question, find)
    check_conditions(questionnaire, find)
    check_published(questionnaire, find, folder)
    check_bank_answers(questionnaire, find)
    _check_consent(questionnaire, find)
    _check_unused(questionnaire, find)


def check_file(path: Path | str) -> tuple[Finding, ...]:
    r"""List everything to mend in a questionnaire file, without raising for what is written in it.

    Parameters
    ----------
    path : Path or str
        e.g. ``"questionnaire.yaml"``.

    Raises
    ------
    FileError
        When the file is absent or no text.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "q.yaml")
    ...     _ = path.write_text("name: &n q\ntitle: *n")
    ...     print(*check_file(path), sep="\n")
    q.yaml, line 1, name: the anchor '&n' is not read; remove it.
    q.yaml, line 2, title: the alias '*n' is not read; write the text out where it belongs.
    """
    try:
        questionnaire, findings = draft(load_document(Path(path)), inherit)
    except DocumentError as error:
        return error.findings
    return tuple(sorted({*findings, *check(questionnaire, Path(path).parent)}, key=_by_line))


def _by_line(finding: Finding) -> tuple[int, str, str]:
    return finding.line or 0, finding.place, finding.problem


def _in_languages_written(questionnaire: Questionnaire, find: Find) -> Questionnaire:
    """Note a language in which nothing is written once and not text by text; give the questionnaire without it."""
    written = [text for text in _texts(questionnaire) if any(said.strip() for said in text.values())]
    spoken = {language for text in written for language, said in text.items() if said.strip()}
    absent = [language for language in dict.fromkeys(questionnaire.languages) if language not in spoken]
    if len(written) < 2 or len(absent) == len({*questionnaire.languages}):
        return questionnaire
    for language in absent:
        find(
            questionnaire,
            f"no text has '{language}'; remove it from 'languages', or translate all {len(written):,} texts.",
            "languages",
        )
    left = tuple(language for language in questionnaire.languages if language not in absent)
    return questionnaire.model_copy(update={"languages": left})


def _texts(questionnaire: Questionnaire) -> Iterator[Text]:
    """Go through everything a respondent reads."""
    yield questionnaire.title
    for choices in questionnaire.choice_lists.values():
        yield from (choice.label for choice in choices.choices)
    for page in questionnaire.pages:
        yield page.title
    for question in questionnaire.questions:
        yield from (question.label, question.hint, question.constraint_message)
        yield from (row.label for row in question.rows)


def _check_document(questionnaire: Questionnaire, find: Find) -> None:
    """Examine what stands at the top."""
    _check_text(questionnaire, questionnaire, "title", questionnaire.title, find, needed=True)
    for language, times in Counter(questionnaire.languages).items():
        if times > 1:
            find(questionnaire, f"the language '{language}' is listed {times} times; list it once.", "languages")
        if not LANGUAGE_CODE.fullmatch(language):
            find(
                questionnaire,
                f"'{language}' is not a language code; write it as in 'en', 'zh' or 'pt-BR'.",
                "languages",
            )
    if not questionnaire.pages:
        find(questionnaire, "has no pages; it needs at least one with a question.", "pages")


def _check_names(questionnaire: Questionnaire, find: Find) -> None:
    """Refuse names that stand twice, for statistical packages that do not tell capitals apart, and unusable ones."""
    _check_unique(((page.name, page) for page in questionnaire.pages), "page", find)
    named: list[tuple[str, Part]] = []
    for question in questionnaire.questions:
        named.append((question.name, question))
        named.extend((row.name, row) for row in question.rows)
    _check_unique(named, "question", find)
    for name, part in named:
        problem = unusable(name)
        if problem:
            find(part, problem, "name")
    taken = {name.lower() for name, _ in named}
    for question in questionnaire.questions:
        if question.type == "select_multiple":
            _check_option_variables(questionnaire, question, taken, find)


def unusable(name: str) -> str:
    """Say why a name cannot be a variable's, or nothing.

    Examples
    --------
    >>> unusable("restrict_travel")
    ''
    >>> unusable("2nd try")
    "'2nd try' cannot name a variable; begin with a letter a-z, then letters, digits and _. For example 'q2nd_try'."
    """
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
        mended = re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_")
        mended = mended if mended[:1].isalpha() else f"q{mended}"
        rule = "begin with a letter a-z, then letters, digits and _"
        return f"'{name}' cannot name a variable; {rule}. For example '{mended[:LONGEST_NAME]}'."
    if len(name) > LONGEST_NAME:
        return f"the name '{name}' has {len(name)} characters; SPSS and Stata keep {LONGEST_NAME}. Shorten it."
    if name.lower() in RESERVED or re.fullmatch(r"str[0-9]{1,4}", name.lower()):
        return f"'{name}' is a word of SPSS or Stata; take another name, such as 'q_{name}'."
    if name.lower() in EXPORTED:
        return f"'{name}' is a column that every export has; take another name, such as 'q_{name}'."
    if "__" in name:
        return f"'{name}' holds '__', which the web form keeps for itself; write a single '_'."
    return ""


def _check_option_variables(questionnaire: Questionnaire, question: Question, taken: set[str], find: Find) -> None:
    """Examine the variables a multiple choice is exported as, one for each option."""
    for option in questionnaire.options(question):
        variable = option_variable(question, option)
        if variable.lower() in taken:
            find(
                question, f"its option '{option.name}' is exported as '{variable}', a name in use; rename one.", "name"
            )
        elif unusable(variable):
            find(question, f"its option '{option.name}' is exported as '{variable}': {unusable(variable)}", "name")


def _check_unique(named: Iterable[tuple[str, Part]], kind: str, find: Find) -> None:
    """Refuse a second use of a name."""
    first: dict[str, Part] = {}
    for name, part in named:
        known = first.setdefault(name.lower(), part)
        if known is part or not name:
            continue
        where = f" on line {known.line}" if known.line is not None else ""
        find(part, f"the name '{name}' is already taken by another {kind}{where}; every name stands once.", "name")


def _check_page(questionnaire: Questionnaire, page: Page, find: Find) -> None:
    """Examine a page itself."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", page.name):
        find(page, f"'{page.name}' stands in the page's address; write letters a-z, digits, - and _ only.", "name")
    _check_text(questionnaire, page, "title", page.title, find)
    if not page.questions:
        find(page, "has no questions; add one or remove the page.", "questions")


def _check_choice_list(questionnaire: Questionnaire, choices: ChoiceList, find: Find) -> None:
    """Examine the options of a list and its named groups."""
    codes: dict[str, Choice] = {}
    if not choices.choices:
        find(choices, "has no options; list at least two.", "options")
    for choice in choices.choices:
        _check_text(questionnaire, choice, "label", choice.label, find, needed=True)
        if choice.missing is MissingKind.NOT_ASKED:
            find(
                choice,
                "'not_asked' is set by the routing, nobody can choose it; write 'refused' or 'other'.",
                "missing",
            )
        if choice.name == str(NOT_ASKED):
            find(choice, f"the code {NOT_ASKED} stands for 'not asked' in every data file; take another.", "name")
        if not re.fullmatch(r"[^\s'\"]{1,32}", choice.name):
            find(choice, f"the code '{choice.name}' must be 1 to 32 characters without spaces or quotes.", "name")
        elif codes.setdefault(choice.name, choice) is not choice:
            find(choice, f"the code '{choice.name}' stands twice in the list; every code stands once.", "name")
    substantive = {choice.name for choice in choices.substantive}
    for group, members in choices.collapse.items():
        if not members:
            find(choices, f"the group '{group}' is empty; name the codes it collects.", "collapse")
        for code in members:
            if code not in codes:
                near = did_you_mean(code, codes)
                find(
                    choices, f"the group '{group}' names the code '{code}', which is not in the list.{near}", "collapse"
                )
            elif code not in substantive:
                find(choices, f"the group '{group}' names '{code}', which is a kind of missing; remove it.", "collapse")


def _check_question(questionnaire: Questionnaire, question: Question, find: Find) -> None:
    """Examine a question itself."""
    for key in ("label", "hint", "constraint_message"):
        _check_text(questionnaire, question, key, getattr(question, key), find, needed=key == "label")
    _check_question_choices(questionnaire, question, find)
    _check_rows(questionnaire, question, find)
    if question.type == "note" and question.required:
        find(question, "is a note and cannot be required; remove 'required'.", "required")
    if question.randomize and question.type not in NEEDS_LIST:
        find(question, f"is {SPOKEN[question.type]}, which has nothing to shuffle; remove 'randomize'.", "randomize")


def _check_question_choices(questionnaire: Questionnaire, question: Question, find: Find) -> None:
    """Examine whether a question has the choice list it needs, and only that."""
    known = questionnaire.choice_list(question)
    if question.choices and known is None:
        near = did_you_mean(question.choices, questionnaire.choice_lists)
        find(question, f"names the choice list '{question.choices}', which does not exist.{near}", "choices")
    elif question.type in NEEDS_LIST and not question.choices:
        near = did_you_mean("", questionnaire.choice_lists)
        find(question, f"has no choices; name a choice list: 'choices: ...'.{near}", "choices")
    elif question.type in ("text", "note") and question.choices:
        find(
            question, f"is {SPOKEN[question.type]} and offers no choices; remove 'choices' or change 'type'.", "choices"
        )
    elif known is None:
        return
    elif question.type in NUMBERS:
        _check_number_list(question, known, find)
    elif question.type in NEEDS_LIST and not known.substantive and known.choices:
        find(question, f"its list '{known.name}' offers no answer, only kinds of missing.", "choices")
    elif question.type == "consent" and sorted(choice.name for choice in known.choices) != ["no", "yes"]:
        find(question, f"its list '{known.name}' must have the codes yes and no; or leave 'choices' away.", "choices")


def _check_number_list(question: Question, known: ChoiceList, find: Find) -> None:
    """Examine the list beside a number: kinds of missing only, whose codes no respondent can give as a number."""
    if known.substantive:
        named = ", ".join(choice.name for choice in known.substantive)
        find(
            question,
            f"asks for a number; its list '{known.name}' may hold only kinds of missing, not {named}. "
            "Mark them 'missing: dont_know' or 'missing: refused', or make it a select_one.",
            "choices",
        )
    for choice in known.choices:
        if choice.missing is None:
            continue
        if not WHOLE.fullmatch(choice.name):
            find(question, f"its don't-know code '{choice.name}' must be a whole number, such as 998.", "choices")
        elif _possible(question, int(choice.name)):
            find(
                question,
                f"its don't-know code {choice.name} is also an answer; rule it out with a constraint, such as "
                f"'. >= 0 and . < {choice.name.removeprefix('-')}', or take another code.",
                "choices",
            )


def _possible(question: Question, number: int) -> bool:
    """Say whether a number passes the constraint; yes where that depends on other answers or cannot be told."""
    try:
        alone = not any(references(parse(question.constraint))) if question.constraint.strip() else True
        return not alone or holds(question.constraint, {}, number)
    except ExpressionError:
        return False


def _check_rows(questionnaire: Questionnaire, question: Question, find: Find) -> None:
    """Examine the statements of a grid."""
    if question.type == "grid" and not question.rows:
        find(question, "is a grid without rows; list its statements under 'rows'.", "rows")
    if question.type != "grid" and question.rows:
        find(question, f"is {SPOKEN[question.type]} and has no rows; remove 'rows' or make it a grid.", "rows")
    for row in question.rows:
        _check_text(questionnaire, row, "label", row.label, find, needed=True)


def _check_text(
    questionnaire: Questionnaire, part: Part, key: str, text: Text, find: Find, *, needed: bool = False
) -> None:
    """Refuse a text that is absent where it is needed, or absent in one of the languages."""
    missing = [language for language in questionnaire.languages if not text.get(language, "").strip()]
    if not missing or (len(missing) == len(questionnaire.languages) and not needed):
        return
    if len(missing) == len(questionnaire.languages):
        find(part, f"has no {key}; write it in {', '.join(missing)}.", key)
        return
    spoken = next(text[language] for language in questionnaire.languages if language not in missing)
    find(part, f"the {key} '{_short(spoken)}' has no translation into {', '.join(missing)}; add it.", key)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 40 else line[:39] + "…"


def _check_consent(questionnaire: Questionnaire, find: Find) -> None:
    """Examine that consent is asked, once, before anything else is."""
    asked = [question for question in questionnaire.questions if question.type == "consent"]
    if not asked:
        find(questionnaire, "asks for no consent; begin with a question of type consent.", severity="warning")
        return
    for question in asked[1:]:
        find(question, "is a second consent; ask for consent once.", "type")
    before = next(question for question in questionnaire.questions if question.type != "note")
    if before is not asked[0]:
        find(asked[0], f"asks for consent after '{before.name}' was asked; move it to the beginning.", "type")
    page = next(page for page in questionnaire.pages if any(question is asked[0] for question in page.questions))
    beside = next((question for question in page.questions if question.type not in ("note", "consent")), None)
    if beside is not None:
        find(asked[0], f"shares its page with '{beside.name}'; put it on a page of its own.", "type")
    if asked[0].relevant or page.relevant:
        find(asked[0], "asks for consent only from some; remove 'relevant'.", "relevant")


def _check_unused(questionnaire: Questionnaire, find: Find) -> None:
    """Warn of lists that no question uses."""
    used = {question.choices for question in questionnaire.questions}
    for name, choices in questionnaire.choice_lists.items():
        if name not in used:
            find(choices, "is used by no question; remove it or use it.", severity="warning")
