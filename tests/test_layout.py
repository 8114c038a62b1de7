"""The repository root is the package: what pyproject lists, what lies in the tree and what the wheel carries agree."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("data", "analysis", "instrument", "dashboard", "cli")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
MODULES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def test_every_package_folder_is_listed_in_pyproject() -> None:
    folders = {path.parent.relative_to(ROOT) for room in ROOMS for path in (ROOT / room).rglob("__init__.py")}
    expected = {"topline"} | {"topline." + ".".join(folder.parts) for folder in folders}
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == expected


def test_every_module_lies_in_a_package() -> None:
    orphans = [path for path in MODULES if not (path.parent / "__init__.py").exists()]
    assert orphans == []


def test_only_the_packages_own_two_modules_stand_at_the_root() -> None:
    assert sorted(path.name for path in ROOT.glob("*.py")) == ["__init__.py", "__main__.py"]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_opens_with_a_docstring_and_stays_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), f"{path.name} does not say what it holds"
    assert text.count("\n") <= 500, f"{path.name} has outgrown one idea"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_between_rooms_are_relative(path: Path) -> None:
    if path == ROOT / "dashboard" / "app.py":
        pytest.skip("the launcher is run as a script, so it writes the full name")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    full = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level == 0]
    assert [name for name in full if name and name.split(".")[0] in (*ROOMS, "topline")] == []


def test_public_names_are_typed_for_editors_as_they_are_imported_at_run_time() -> None:
    import topline

    tree = ast.parse((ROOT / "__init__.py").read_text(encoding="utf-8"))
    guard = next(node for node in tree.body if isinstance(node, ast.If))
    typed = {
        alias.name: statement.module
        for statement in guard.body
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
    }
    assert typed == topline.PUBLIC


def test_every_public_name_can_be_imported() -> None:
    import topline

    for name in topline.__all__:
        assert getattr(topline, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'proprtion'"):
        topline.proprtion  # noqa: B018


def test_importing_topline_imports_none_of_the_heavy_libraries() -> None:
    heavy = "pandas, numpy, streamlit, statsmodels, pyreadstat, altair, starlette, pydantic, rich, pyarrow"
    script = f"import sys, topline, topline.cli; print([name for name in {heavy.split(', ')!r} if name in sys.modules])"
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of what git would commit."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    for name in listed:
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(target), str(source)]
    subprocess.run(command, check=True, capture_output=True)
    return next(target.glob("*.whl"))


def test_wheel_carries_every_file_of_the_rooms_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        carried = {name for name in archive.namelist() if ".dist-info/" not in name}
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *ROOMS, "*.py", "py.typed"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    rooms = {f"topline/{name}" for name in listed if name.split("/")[0] in ROOMS}
    root = {f"topline/{name}" for name in ("__init__.py", "__main__.py", "py.typed")}
    assert carried == rooms | root


def test_wheel_runs_the_demo_beside_a_users_own_analysis_and_data(wheel: Path, tmp_path: Path) -> None:
    site, folder = tmp_path / "site", tmp_path / "user"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "__init__.py").write_text("raise SystemExit('the user data package was imported')\n")
    (folder / "analysis.py").write_text("raise SystemExit('the user analysis module was imported')\n")
    # Without coverage's own variables: what is unpacked here is not the checkout that coverage measures.
    clean = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    environment = clean | {"PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1"}

    where = [sys.executable, "-c", "import topline; print(topline.__file__)"]
    origin = subprocess.run(where, cwd=folder, env=environment, capture_output=True, text=True, check=True).stdout
    demo = [sys.executable, "-m", "topline", "demo", "--no-dashboard"]
    run = subprocess.run(demo, cwd=folder, env=environment, capture_output=True, text=True, check=False)

    assert Path(origin.strip()).is_relative_to(site)
    assert run.returncode == 0, run.stderr
    assert "Liu" in run.stdout
    assert (folder / "topline-demo" / "results" / "comparison.json").exists()
