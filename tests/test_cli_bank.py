"""The question bank at the command line: every topic, one of them, one question, and what is none."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from topline.cli import main


def run(*arguments: str):
    return CliRunner().invoke(main, ["bank", *arguments])


def test_without_a_topic_every_question_is_listed():
    shown = run()
    assert shown.exit_code == 0
    assert shown.output.splitlines()[-1].startswith("179 items. One in full: topline bank show ")
    assert len(json.loads(run("--json").output)["rows"]) == 179


@pytest.mark.parametrize("arguments", [("face_recognition",), ("list", "face_recognition")])
def test_a_topic_is_listed_by_its_name_alone(arguments):
    lines = run(*arguments).output.splitlines()
    assert len(lines) == 22
    assert lines[3].split()[0] == "face_recognition.police_public"
    assert lines[3].endswith("en zh de   pew2019_face.acceptable_police")


def test_one_question_is_shown_in_full():
    shown = run("show", "face_recognition.police_public").output
    assert "answers en  Acceptable · Not acceptable · Not sure · Prefer not to say" in shown
    row = json.loads(run("show", "face_recognition.police_public", "--json").output)["rows"][0]
    assert row["replicates"] == ["pew2019_face.acceptable_police"] and row["wording"]["zh"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("face_recogition",), "there is no question bank 'face_recogition'. Did you mean 'face_recognition'?"),
        (("show", "face_recognition.police"), "there is no bank item 'face_recognition.police'"),
        (("show", "police_public"), "there is no bank item 'police_public'"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest(arguments, message):
    shown = run(*arguments)
    assert shown.exit_code == 1 and message in shown.output and "Traceback" not in shown.output
