"""Check of conditions: what ``relevant`` and ``constraint`` name, compare and can ever come to."""

from __future__ import annotations

from ..data.errors import ExpressionError, did_you_mean
from .expressions import COMPARISONS, Call, Here, Literal, Node, Operation, Reference, parse, references, walk
from .naming import SPOKEN, Find
from .questionnaire import Page, Part, Question, Questionnaire
from .reachability import Reachability

CODED = ("select_one", "select_multiple", "grid", "consent")


def check_conditions(questionnaire: Questionnaire, find: Find) -> None:
    """Examine every condition of a questionnaire in the order it is met."""
    _Conditions(questionnaire, find).examine()


class _Conditions:
    """The conditions of one questionnaire, and what is known so far about what comes before them."""

    def __init__(self, questionnaire: Questionnaire, find: Find) -> None:
        self.questionnaire, self.find = questionnaire, find
        self.collected = {name: question for question in questionnaire.questions for name in question.variables}
        self.all = {question.name: question for question in questionnaire.questions} | self.collected
        self.earlier: set[str] = set()
        self.reachability = Reachability(questionnaire)

    def examine(self) -> None:
        for page in self.questionnaire.pages:
            here = {variable for question in page.questions for variable in question.variables}
            ready = self._relevant(page, page.relevant, here)
            self._never(page, ready, self.reachability.page_is_reachable(page) if ready else True)
            above: set[str] = set()
            for question in page.questions:
                own = self._relevant(question, question.relevant, here)
                if ready and own and question.relevant:
                    self._never(question, own, self.reachability.question_is_reachable(page, question))
                above |= set(question.variables)
                self._constraint(question, self.earlier | above)
            self.earlier |= here

    def _relevant(self, part: Page | Question, expression: str, here: set[str]) -> bool:
        """Examine a ``relevant``; say whether it is sound enough to be reasoned with."""
        node = self._parsed(part, "relevant", expression)
        if node is None:
            return not expression.strip()
        sound = True
        for reference in references(node):
            problem = self._unreachable_name(reference.name, self.earlier)
            if problem and reference.name in here:
                problem = (
                    f"names '${{{reference.name}}}', which is asked on the same page; move that to an earlier page."
                )
            if problem:
                sound = False
                self.find(part, f"'relevant' {problem}", "relevant")
        if any(isinstance(inner, Here) for inner in walk(node)):
            sound = False
            self.find(
                part, "'relevant' holds '.', the answer itself, which is not given yet; name a question.", "relevant"
            )
        return self._comparisons(part, "relevant", node) and sound

    def _constraint(self, question: Question, known: set[str]) -> None:
        """Examine a ``constraint``: it speaks of the answer, and of what was asked up to here."""
        node = self._parsed(question, "constraint", question.constraint)
        if node is None:
            if question.constraint_message and not question.constraint:
                self.find(
                    question,
                    "has a 'constraint_message' but no 'constraint'.",
                    "constraint_message",
                    severity="warning",
                )
            return
        if question.type in ("note", "consent"):
            self.find(question, f"is {SPOKEN[question.type]}, which takes no 'constraint'; remove it.", "constraint")
            return
        for reference in references(node):
            problem = self._unreachable_name(reference.name, known)
            if problem:
                self.find(question, f"'constraint' {problem}", "constraint")
        if not any(isinstance(inner, Here) for inner in walk(node)):
            self.find(
                question,
                "'constraint' does not speak of the answer; write '.' for it.",
                "constraint",
                severity="warning",
            )
        self._comparisons(question, "constraint", node, question)

    def _parsed(self, part: Part, key: str, expression: str) -> Node | None:
        if not expression.strip():
            return None
        try:
            return parse(expression)
        except ExpressionError as error:
            self.find(part, f"'{key}' cannot be read: {error}", key)
            return None

    def _never(self, part: Page | Question, sound: bool, reachable: bool) -> None:
        if sound and not reachable:
            self.find(
                part, "is never asked: 'relevant' cannot come true for any answers; mend it or remove this.", "relevant"
            )

    def _unreachable_name(self, name: str, known: set[str]) -> str:
        """Say why a condition cannot name this, or nothing."""
        if name in known:
            return ""
        if name in self.collected:
            return f"names '${{{name}}}', which is asked later; a condition can look back only."
        if name in self.all:
            question = self.all[name]
            rows = ", ".join(question.variables[:3])
            remedy = f"name one of its rows, such as {rows}" if rows else "name a question that is answered"
            return f"names '${{{name}}}', which is {SPOKEN[question.type]} and has no answer of its own; {remedy}."
        return f"names '${{{name}}}', which is not a question.{did_you_mean(name, self.collected)}"

    def _comparisons(self, part: Part, key: str, node: Node, here: Question | None = None) -> bool:
        """Examine what the questions named are compared with; say whether all of it makes sense."""
        problems = []
        for inner in walk(node):
            if isinstance(inner, Operation) and inner.operator in COMPARISONS:
                left, right = inner.operands
                problems.append(self._compared(left, inner.operator, right, here))
                problems.append(self._compared(right, inner.operator, left, here))
            if isinstance(inner, Call) and inner.function == "selected":
                problems.append(self._selected(inner.arguments[0], inner.arguments[1], here))
        for problem in filter(None, problems):
            self.find(part, f"'{key}' {problem}", key)
        return not any(problems)

    def _asked(self, node: Node, here: Question | None) -> tuple[str, Question] | None:
        """Give the question a part of a condition stands for, and how it is written."""
        if isinstance(node, Here):
            return (".", here) if here is not None else None
        if isinstance(node, Reference) and node.name in self.collected:
            return f"${{{node.name}}}", self.collected[node.name]
        return None

    def _compared(self, side: Node, operator: str, other: Node, here: Question | None) -> str:
        """Say what is wrong with comparing a question with a value, or nothing."""
        asked = self._asked(side, here)
        if asked is None:
            return ""
        written, question = asked
        if question.type == "select_multiple":
            code = other.value if isinstance(other, Literal) else "code"
            if code == "":
                return ""
            remedy = f"selected({written}, '{_code(code)}')"
            return f"compares '{written}', a multiple choice, with '{operator}'; write {remedy}."
        if not isinstance(other, Literal) or other.value == "":
            return ""
        if question.type in ("integer", "decimal"):
            return self._number_compared(written, question, other)
        if operator in ("=", "!="):
            return self._code_known(written, question, other)
        return ""

    def _number_compared(self, written: str, question: Question, other: Literal) -> str:
        codes = {option.name for option in self.questionnaire.options(question)}
        if isinstance(other.value, str) and other.value not in codes and not _numeral(other.value):
            return f"compares '{written}', {SPOKEN[question.type]}, with the text '{other.value}'; write a number."
        return ""

    def _selected(self, side: Node, other: Node, here: Question | None) -> str:
        asked = self._asked(side, here)
        if asked is None or not isinstance(other, Literal):
            return ""
        written, question = asked
        if question.type not in CODED:
            return f"asks what is selected in '{written}', which is {SPOKEN[question.type]}; compare it with '='."
        return self._code_known(written, question, other)

    def _code_known(self, written: str, question: Question, other: Literal) -> str:
        """Say that a code is not offered; a number stands for every code that has its value."""
        codes = [option.name for option in self.questionnaire.options(question)]
        if question.type not in CODED or not codes or isinstance(other.value, bool):
            return ""
        if isinstance(other.value, float):
            if any(_numeral(code) and float(code) == other.value for code in codes):
                return ""
        elif other.value in codes:
            return ""
        code = _code(other.value)
        where = f"list '{question.choices}'" if question.choices else "options yes and no"
        return f"compares '{written}' with '{code}', a code that its {where} does not have.{did_you_mean(code, codes)}"


def _code(value: str | float | bool) -> str:
    """Write a literal as a code."""
    return str(int(value)) if isinstance(value, float) and value == int(value) else str(value)


def _numeral(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
