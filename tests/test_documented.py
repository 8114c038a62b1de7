"""What is public is documented, and what is documented runs."""

from __future__ import annotations

import doctest
import importlib
import inspect
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import topline
from topline.cli import main
from topline.data import errors

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "examples").rglob("*.md"))]
ROOMS = ("data", "analysis", "instrument", "dashboard", "cli")
MODULES = sorted(
    "topline." + ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for room in ROOMS
    for path in (ROOT / room).rglob("*.py")
    if path.name not in ("__init__.py", "app.py")
)
SERVERS = {"field", "dashboard"}


def verbs(group: click.Group, prefix: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        yield f"{prefix}{name}", command
        if isinstance(command, click.Group):
            yield from verbs(command, f"{prefix}{name} ")


VERBS = dict(verbs(main))


@pytest.mark.parametrize("name", [name for name in topline.__all__ if name != "__version__"])
def test_public_name_stands_in_the_reference_and_has_a_full_docstring(name: str) -> None:
    value = getattr(topline, name)
    doc = inspect.getdoc(value) or ""
    assert f"`tl.{name}`" in (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    assert doc.strip(), f"{name} has no docstring"
    if inspect.isfunction(value):
        for parameter in inspect.signature(value).parameters:
            assert re.search(rf"^(.*\W)?{parameter}\b", doc, re.MULTILINE), f"{name}: {parameter} is not described"
        assert ">>>" in doc, f"{name} has no example"


@pytest.mark.parametrize("verb", VERBS)
def test_verb_stands_in_the_manual_and_its_help_shows_an_example(verb: str) -> None:
    shown = CliRunner().invoke(main, [*verb.split(), "--help"])
    assert shown.exit_code == 0
    assert "Example:" in shown.output
    assert f"topline {verb.split()[0]}" in shown.output
    assert f"topline {verb}" in (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("verb", VERBS)
def test_every_option_of_a_verb_is_explained(verb: str) -> None:
    unexplained = [option.name for option in VERBS[verb].params if isinstance(option, click.Option) and not option.help]
    assert unexplained == []


ERRORS = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, Exception)]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_error_class_stands_in_the_tree_and_in_the_manual(error: type[Exception]) -> None:
    assert re.search(rf"^ +{error.__name__} ", errors.__doc__ or "", re.MULTILINE)
    assert f"`{error.__name__}`" in (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")


@pytest.mark.no_cover
@pytest.mark.parametrize("module", MODULES)
def test_examples_in_docstrings_run(module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    results = doctest.testmod(
        importlib.import_module(module), optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    )
    assert results.failed == 0


@pytest.fixture
def workshop(walked_demo: Path, tmp_path: Path) -> Path:
    """A folder as each document assumes it: the demo has been run in it, and nothing else."""
    shutil.copytree(walked_demo, tmp_path / "topline-demo")
    return tmp_path


@pytest.mark.no_cover
@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_examples_in_documents_run(document: Path, workshop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(workshop)
    names: dict[str, object] = {}
    for language, block in fenced(document.read_text(encoding="utf-8")):
        if language == "python" and ">>>" in block:
            check_session(block, names, document)
        elif language == "python":
            exec(compile(block, document.name, "exec"), names)
        elif language == "console":
            for line in commands(block):
                check_command(line)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", document.read_text(encoding="utf-8"))
    assert [target for target in targets if not (document.parent / target).exists()] == []


def fenced(text: str) -> list[tuple[str, str]]:
    return re.findall(r"^```(\w+)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def commands(block: str) -> list[str]:
    """Give the lines typed at a ``$`` prompt; a backslash goes on to the next line."""
    joined = block.replace("\\\n", " ")
    return [line[2:] for line in joined.splitlines() if line.startswith("$ ")]


def check_session(block: str, names: dict[str, object], document: Path) -> None:
    test = doctest.DocTestParser().get_doctest(block, names, document.name, str(document), 0)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    assert runner.run(test, clear_globs=False).failed == 0
    names.update(test.globs)


def check_command(line: str) -> None:
    """Run a documented command; a server's is only parsed, since it would not end."""
    program, *arguments = shlex.split(line.split(" #")[0])
    if program != "topline":
        return
    if arguments[0] in SERVERS:
        assert VERBS[arguments[0]].make_context(arguments[0], arguments[1:]) is not None
        return
    run = CliRunner().invoke(main, arguments)
    assert run.exit_code == 0, f"$ {line}\n{run.output}"
