"""What the tests of fielding share: a small questionnaire, and browsers that answer it over HTTP."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from topline.instrument.fieldwork.server import application
from topline.instrument.questionnaire import Choice, ChoiceList, Page, Question, Questionnaire, Row


def text(en: str, zh: str = "", de: str = "") -> dict[str, str]:
    return {"en": en, "zh": zh or en, "de": de or en}


AGREE = ChoiceList(
    name="agree",
    choices=(Choice(name="1", label=text("Agree", "同意")), Choice(name="2", label=text("Disagree", "不同意"))),
)
QUESTIONNAIRE = Questionnaire(
    name="trust",
    title=text("Trust", "信任", "Vertrauen"),
    languages=("en", "zh", "de"),
    choice_lists={"agree": AGREE},
    pages=(
        Page(name="welcome", questions=(Question(name="consent", type="consent", label=text("Do you agree?")),)),
        Page(
            name="you",
            title=text("About you", "关于您"),
            questions=(
                Question(
                    name="age",
                    type="integer",
                    label=text("Age", "年龄"),
                    required=True,
                    constraint=". >= 18",
                    constraint_message=text("Only from 18", "须年满18岁"),
                ),
                Question(name="why", type="text", label=text("Why?", "为什么？")),
            ),
        ),
        Page(
            name="old",
            relevant="${age} >= 60",
            questions=(
                Question(name="pension", type="select_one", choices="agree", label=text("Pension?"), required=True),
            ),
        ),
        Page(
            name="views",
            questions=(
                Question(
                    name="measures",
                    type="grid",
                    choices="agree",
                    required=True,
                    label=text("Measures"),
                    rows=(Row(name="travel", label=text("Travel")), Row(name="work", label=text("Work"))),
                ),
            ),
        ),
    ),
)


class Visitor:
    """One browser: it keeps cookies, follows redirects and posts the forms it is shown."""

    def __init__(self, app: object, run: Callable, language: str = "en") -> None:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
        self.run = run
        self.client = httpx.AsyncClient(
            transport=transport,
            base_url="http://survey.test",
            follow_redirects=True,
            headers={"accept-language": language, "user-agent": "Distinctive/1.0", "referer": "http://elsewhere.test"},
        )

    def get(self, path: str, **options: object) -> httpx.Response:
        return self.run(self.client.get(path, **options))

    def post(self, path: str, data: dict, **options: object) -> httpx.Response:
        return self.run(self.client.post(path, data=data, **options))

    def send(self, shown: httpx.Response, action: str = "next", **fields: object) -> httpx.Response:
        """Post the form of a page that is shown."""
        return self.post(self.target(shown), {"__action": action, **self.hidden(shown), **fields})

    @staticmethod
    def target(shown: httpx.Response) -> str:
        """Give the address a shown form posts to."""
        return html.unescape(re.search(r'<form[^>]*action="([^"]*)"', shown.text)[1])

    @staticmethod
    def hidden(shown: httpx.Response) -> dict[str, str]:
        """Give the hidden fields of a shown form."""
        return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', shown.text))

    def begin(self) -> httpx.Response:
        return self.send(self.get("/"), action="")

    def reach(self, page: str) -> httpx.Response:
        """Go as far as a page, answering what stands before it."""
        shown = self.send(self.begin(), consent="yes")
        answers = {"you": {"age": "44"}, "old": {"pension": "1"}}
        while not shown.url.path.endswith(page):
            shown = self.send(shown, **answers[shown.url.path.rpartition("/")[2]])
        return shown


@pytest.fixture
def trust() -> Questionnaire:
    """A questionnaire with consent, a number, a text, a page for some only, and a grid."""
    return QUESTIONNAIRE


@pytest.fixture
def fielding(tmp_path: Path):
    """Give ``fielding(questionnaire, **options)``: a function that makes visitors of a running application."""
    with asyncio.Runner() as runner:
        opened = []

        def start(
            questionnaire: Questionnaire = QUESTIONNAIRE, store: str = "answers.db", **options: object
        ) -> Callable[..., Visitor]:
            app = application(questionnaire, tmp_path / store, **options)
            lifespan = app.router.lifespan_context(app)
            runner.run(lifespan.__aenter__())
            opened.append(lifespan)

            def visitor(language: str = "en") -> Visitor:
                made = Visitor(app, runner.run, language)
                opened.append(made.client)
                return made

            return visitor

        yield start
        for one in reversed(opened):
            runner.run(one.__aexit__(None, None, None))


@pytest.fixture
def visitor(fielding) -> Visitor:
    return fielding()()
