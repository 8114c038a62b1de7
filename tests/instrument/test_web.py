"""The pages as HTML: every question type, escaped, labelled, in the respondent's language."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from topline.instrument.answers import Problem
from topline.instrument.phrases import PHRASES
from topline.instrument.questionnaire import Choice, ChoiceList, Page, Question, Questionnaire, Row
from topline.instrument.render.languages import AUTONYMS, autonym, direction, preferred
from topline.instrument.render.web import STATIC, message_html, page_html, start_html

ATTACK = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>&{{ 7 * 7 }}"
LISTS = (
    ChoiceList(
        name="agree",
        choices=(
            Choice(name="1", label={"en": "Agree", "zh": "同意"}),
            Choice(name="2", label={"en": "Disagree", "zh": "不同意"}),
            Choice(name="99", label={"en": "Prefer not to say", "zh": "不愿回答"}, missing="refused"),
        ),
    ),
    ChoiceList(name="unsaid", choices=(Choice(name="99", label={"en": "Prefer not to say"}, missing="refused"),)),
    ChoiceList(name="attack", choices=(Choice(name="1", label={"en": ATTACK}),)),
    ChoiceList(name="long", choices=tuple(Choice(name=str(n), label={"en": f"Option {n}"}) for n in range(11))),
)


def ask(type: str, name: str = "x", **rest: object) -> Question:
    return Question(name=name, type=type, **{"label": {"en": "Wording", "zh": "题目"}, **rest})


def shown(
    *questions: Question,
    language: str = "en",
    form: dict | None = None,
    problems: tuple[Problem, ...] = (),
    position: tuple[int, int] = (2, 5),
    title: dict | None = None,
    stored: bool = True,
    seed: int = 1,
) -> str:
    page = Page(name="p 1/2", title=title or {}, questions=questions)
    questionnaire = Questionnaire(
        name="q",
        title={"en": "Trust", "zh": "信任"},
        languages=("en", "zh", "ug"),
        choice_lists={each.name: each for each in LISTS},
        pages=(page,),
    )
    return page_html(
        questionnaire,
        page,
        questions,
        language=language,
        seed=seed,
        form=form or {},
        position=position,
        problems=problems,
        stored=stored,
    )


class Balance(HTMLParser):
    """Refuses tags that do not close, ids that stand twice and references to ids that do not exist."""

    VOID = frozenset({"meta", "link", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.references: set[str] = set()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)
        for name, value in attributes:
            if name == "id":
                self.ids.append(value or "")
            if name in ("for", "form", "aria-labelledby", "aria-describedby"):
                self.references.update((value or "").split())
            if name == "href" and (value or "").startswith("#"):
                self.references.add((value or "")[1:])

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def check(html: str) -> None:
    balance = Balance()
    balance.feed(html)
    assert balance.open == []
    assert len(balance.ids) == len(set(balance.ids)), "an id stands once"
    assert balance.references <= set(balance.ids), balance.references - set(balance.ids)


EVERY = (
    ask("note", "note_1", hint={"en": "A note's hint"}),
    ask("consent", "agree_to"),
    ask("select_one", "one", choices="agree", required=True, hint={"en": "One hint"}),
    ask("select_multiple", "several", choices="agree"),
    ask(
        "grid",
        "table",
        choices="agree",
        required=True,
        rows=(Row(name="r1", label={"en": "First"}), Row(name="r2", label={"en": "Second"})),
    ),
    ask("integer", "age", choices="unsaid", required=True),
    ask("decimal", "hours"),
    ask("text", "why"),
)


def test_every_question_type_makes_sound_html():
    check(shown(*EVERY))


def test_every_question_type_with_an_error_makes_sound_html_and_links_to_the_field():
    variables = ["agree_to", "one", "several", "r1", "r2", "age", "hours", "why"]
    html = shown(*EVERY, problems=tuple(Problem(name, f"Mend {name}") for name in variables))
    check(html)
    assert re.findall(r'<li><a href="#q-(\w+)">', html) == variables
    for name in variables:
        assert html.count(f"Mend {name}") == 2, "once in the summary and once at the field"
    assert "8 answers need your attention" in html


def test_the_summary_of_errors_has_the_focus_and_the_title_says_error():
    html = shown(ask("text"), title={"en": "About you"}, problems=(Problem("x", "Too long"),))
    assert '<section class="summary" tabindex="-1" autofocus aria-labelledby="summary">' in html
    assert "<title>Error: About you – Trust</title>" in html
    assert "One answer needs your attention" in html
    assert "autofocus" not in shown(ask("text"))


def test_the_summary_of_errors_follows_the_order_on_the_screen():
    names = [f"row{number}" for number in range(8)]
    grid = ask(
        "grid", choices="agree", randomize=True, rows=tuple(Row(name=name, label={"en": name}) for name in names)
    )
    html = shown(grid, problems=tuple(Problem(name, "Choose.") for name in names), seed=3)
    summary, rows = html.split('class="summary"')[1].split("<form")[0], html.split("<form")[1]
    in_summary = re.findall(r'href="#q-(row\d)"', summary)
    on_screen = list(dict.fromkeys(re.findall(r'name="(row\d)"', rows)))
    assert in_summary == on_screen != names


def test_a_long_wording_is_cut_in_the_summary():
    html = shown(ask("text", label={"en": "very " * 60}), problems=(Problem("x", "Too long"),))
    link = re.search(r'<a href="#q-x">(.*?)</a>', html)[1]
    assert link.endswith("…") and len(link) == 81


@pytest.mark.parametrize("field", ["label", "hint"])
@pytest.mark.parametrize("type", ["note", "consent", "select_one", "select_multiple", "grid", "integer", "text"])
def test_what_the_team_writes_is_escaped(type, field):
    rows = (Row(name="r1", label={"en": ATTACK}),) if type == "grid" else ()
    choices = "attack" if type in ("select_one", "select_multiple", "grid") else ""
    html = shown(ask(type, **{field: {"en": ATTACK}}, choices=choices, rows=rows), title={"en": ATTACK})
    check(html)
    assert "<script" not in html and "<img" not in html
    assert "&lt;script&gt;alert(&#39;x&#39;)" in html
    assert "{{ 7 * 7 }}" in html, "a template in a wording is text"


@pytest.mark.parametrize("type", ["integer", "decimal", "text"])
def test_what_a_respondent_writes_is_escaped(type):
    html = shown(ask(type), form={"x": [ATTACK]}, problems=(Problem("x", ATTACK),))
    check(html)
    assert "<script" not in html and "<img" not in html
    assert html.count("&lt;script&gt;") == 3, "in the field, in the summary and beside the field"


def test_one_choice_is_a_group_of_radio_buttons_named_by_its_wording():
    html = shown(ask("select_one", choices="agree", required=True), form={"x": ["2"]})
    assert '<fieldset class="question" role="radiogroup" aria-required="true">' in html
    assert '<legend class="wording">Wording</legend>' in html
    assert re.findall(r'type="radio" id="([\w-]+)" name="x" value="(\d+)"( checked)?', html) == [
        ("q-x", "1", ""),
        ("q-x-1", "2", " checked"),
        ("q-x-2", "99", ""),
    ]


def test_several_choices_are_tick_boxes_and_say_so():
    html = shown(ask("select_multiple", choices="agree"), form={"x": ["1", "2"]})
    assert html.count('type="checkbox"') == 3
    assert html.count(" checked>") == 2
    assert '<p class="hint" id="hint-x">Choose all that apply.</p>' in html
    assert 'aria-describedby="hint-x"' in html


def test_consent_offers_yes_and_no_in_the_language():
    html = shown(ask("consent"), language="zh")
    assert "是，我同意参加" in html and "否，我不参加" in html


def test_a_number_has_a_keypad_and_its_dont_know_can_be_unticked():
    html = shown(ask("integer", choices="unsaid"), form={"x__missing": ["99"]})
    assert 'inputmode="numeric"' in html
    assert (
        '<input type="checkbox" id="q-x__missing" name="x__missing" value="99" aria-describedby="label-x" checked>'
        in html
    )
    assert 'inputmode="decimal"' in shown(ask("decimal"))


def test_open_text_says_how_much_can_be_kept_and_keeps_its_first_line_break():
    html = shown(ask("text", hint={"en": "In your words"}), form={"x": ["\nsecond line"]})
    assert "In your words\nAt most 2000 characters." in html
    assert ">\n\nsecond line</textarea>" in html, (
        "HTML drops the first line break in a textarea, so one more stands there"
    )


def test_a_grid_names_every_radio_group_by_its_statement():
    rows = (Row(name="r1", label={"en": "First"}), Row(name="r2", label={"en": "Second"}))
    html = shown(ask("grid", choices="agree", required=True, rows=rows), form={"r2": ["1"]})
    assert re.findall(r'role="radiogroup" aria-labelledby="(row-\w+)" aria-required="true"', html) == [
        "row-r1",
        "row-r2",
    ]
    assert '<span id="row-r2">Second</span>' in html
    assert "columns-3" in html
    assert 'name="r2" value="1" checked' in html


def test_dont_know_and_refused_stand_apart_from_the_scale():
    html = shown(ask("select_one", choices="agree"))
    assert re.findall(r'<label class="([^"]+)"', html) == ["option", "option", "option apart"]
    grid = shown(ask("grid", choices="agree", rows=(Row(name="r1", label={"en": "First"}),)))
    assert re.findall(r'class="(head[^"]*)"', grid) == ["heads", "head", "head", "head apart"]
    assert re.findall(r'class="(cell[^"]*)"', grid) == ["cell", "cell", "cell apart"]
    assert "apart" not in shown(ask("integer", choices="unsaid")), (
        "beside a number there is nothing to stand apart from"
    )


def test_a_grid_with_many_options_stays_a_list_of_cards():
    rows = (Row(name="r1", label={"en": "First"}),)
    assert "columns-" not in shown(ask("grid", choices="long", rows=rows)).replace("form.css", "")


def test_an_answer_to_an_optional_choice_can_be_taken_back():
    assert "Remove my answer" in shown(ask("select_one", choices="agree"), form={"x": ["1"]})
    assert "Remove my answer" not in shown(ask("select_one", choices="agree"))
    assert "Remove my answer" not in shown(ask("select_one", choices="agree", required=True), form={"x": ["1"]})
    grid = ask("grid", choices="agree", rows=(Row(name="r1", label={"en": "First"}),))
    answered = shown(grid, form={"r1": ["1"]})
    assert '<input type="radio" name="r1" value="">' in answered and "columns-4" in answered


def test_answers_are_shown_in_the_interviews_own_order():
    question = ask("select_one", choices="long", randomize=True)
    orders = {tuple(re.findall(r"<span>(Option \d+)</span>", shown(question, seed=seed))) for seed in range(6)}
    assert len(orders) == 6
    assert all(sorted(order) == sorted(f"Option {n}" for n in range(11)) for order in orders)


def test_the_page_says_its_language_and_reading_direction():
    assert '<html lang="zh" dir="ltr">' in shown(ask("text"), language="zh")
    assert '<html lang="ug" dir="rtl">' in shown(ask("text"), language="ug")


def test_the_other_languages_are_buttons_of_the_form_in_their_own_script():
    html = shown(ask("text"), language="en")
    assert '<span class="language current" lang="en" dir="ltr" aria-current="true">English</span>' in html
    assert 'form="form" name="__language" value="zh" lang="zh" dir="ltr">中文</button>' in html


def test_enter_presses_next_and_not_a_language():
    html = shown(ask("text"))
    first = re.search(r"<button[^>]*>", html)[0]
    assert 'name="__action" value="next"' in first and 'tabindex="-1"' in first


def test_the_first_page_has_no_back_and_the_last_one_finishes():
    first, last = shown(ask("text"), position=(1, 3)), shown(ask("text"), position=(3, 3))
    assert ">Back<" not in first and ">Next</button>\n</div>" in first
    assert ">Back<" in last and ">Finish</button>" in last
    assert '<progress id="progress" value="3" max="3">' in last and "Page 3 of 3" in last


def test_a_page_name_with_odd_signs_stands_safely_in_the_address():
    assert 'action="/page/p%201/2"' in shown(ask("text")) or 'action="/page/p%201%2F2"' in shown(ask("text"))


def test_a_page_that_could_not_be_stored_says_so():
    html = shown(ask("text"), stored=False)
    assert "could not be stored just now" in html
    assert 'tabindex="-1" autofocus' in html


def test_a_questionnaire_in_one_language_offers_no_switch():
    one = Questionnaire(name="q", title={"en": "T"}, languages=("en",), pages=())
    assert "<nav" not in start_html(one, language="en", nonce="n", resume=False)


def test_the_start_page_offers_to_go_on_or_begin_again():
    questionnaire = Questionnaire(name="q", title={"en": ATTACK}, languages=("en", "de"), pages=())
    html = start_html(questionnaire, language="de", nonce="n", resume=True)
    check(html)
    assert ">Fortsetzen</button>" in html and ">Noch einmal von vorn beginnen</button>" in html
    assert 'href="/?language=en"' in html
    assert "<script" not in html


@pytest.mark.parametrize(
    "key", ["thanks", "declined", "no_interview", "old_form", "not_found", "too_large", "busy", "broken"]
)
@pytest.mark.parametrize("language", ["en", "zh", "de"])
def test_every_message_is_said_in_every_language(key, language):
    questionnaire = Questionnaire(name="q", title={"en": "Trust"}, languages=("en", "zh", "de"), pages=())
    html = message_html(questionnaire, key, language=language)
    check(html)
    assert PHRASES[f"{key}_title"][language] in html
    assert PHRASES[f"{key}_text"][language].split("。")[0].split(":")[0] in html


def test_phrases_are_translated_with_the_same_blanks():
    for key, spoken in PHRASES.items():
        assert set(spoken) == {"en", "zh", "de"}, key
        blanks = {language: sorted(re.findall(r"{\w+}", said)) for language, said in spoken.items()}
        assert blanks["en"] == blanks["zh"] == blanks["de"], key


def test_languages_call_themselves_by_name():
    assert autonym("zh-Hans-CN") == "中文" and autonym("xx") == "xx"
    assert len(set(AUTONYMS.values())) == len(AUTONYMS)
    assert direction("ar-EG") == "rtl" and direction("de") == "ltr"


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [
        ("de-CH, en;q=0.9", "de"),
        ("en;q=0.2, zh-TW;q=0.9", "zh"),
        ("den, nosuch", "en"),
        ("de;q=0, zh;q=x", "en"),
        ("*;q=0.5", "en"),
        ("," * 1000, "en"),
    ],
)
def test_the_browsers_wish_is_met_where_it_can_be(accepted, chosen):
    assert preferred(accepted, ("en", "de", "zh")) == chosen


def test_the_stylesheet_asks_nobody_else_and_has_both_schemes():
    css = (STATIC / "form.css").read_text(encoding="utf-8")
    assert "url(" not in css and "@import" not in css and "@font-face" not in css
    assert "prefers-color-scheme: dark" in css


def _luminance(colour: str) -> float:
    channels = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "ground", "least"),
    [
        ("ink", "paper", 7),
        ("ink", "surface", 7),
        ("ink", "tint", 7),
        ("muted", "paper", 4.5),
        ("muted", "surface", 4.5),
        ("muted", "tint", 4.5),
        ("accent", "paper", 4.5),
        ("accent", "tint", 4.5),
        ("on-accent", "accent", 4.5),
        ("on-accent", "accent-strong", 4.5),
        ("wrong", "surface", 4.5),
        ("wrong", "wrong-tint", 4.5),
        ("edge", "surface", 3),
        ("edge", "paper", 3),
    ],
)
def test_colours_contrast_enough(scheme, ink, ground, least):
    css = (STATIC / "form.css").read_text(encoding="utf-8")
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", css.split("prefers-color-scheme: dark")[scheme]))
    light, dark = sorted((_luminance(colours[ink]), _luminance(colours[ground])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= least
