"""The study folder: what a team keeps in git, and what every verb works on.

::

    my-study/
      study.yaml           title, population, field dates, design, weighting, comparison, disclosure
      questionnaire.yaml   what is asked
      margins.csv          population margins, where the study brings its own
      answers.db           answers as they come in
      answers.sav          answers as exported, with codebook
      figures/             published figures the team has added, beside those that ship with topline
      results/             estimates.json and comparison.json, for the dashboard
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field, field_validator, model_validator

from .errors import FileError
from .schema import validated
from .weighting_plan import REFERENCE, Filled, Names, Part, WeightingPlan
from .yaml_file import load_document

if TYPE_CHECKING:
    from .codebook import Study
    from .description import StudyDescription
    from .margins import Margins
    from .registry.figures import Registry


class DesignPlan(Part):
    """How the sample was drawn: names of columns of the exported data.

    Attributes
    ----------
    weight : str
        Base weight; empty when every respondent counts the same.
    strata, psu, fpc : tuple of str
        One name for each stage.
    lone_psu : str
        What to do with a stratum of one PSU: ``"fail"``, ``"centre"``, ``"certainty"``, ``"average"`` or
        ``"collapse"``.
    """

    weight: str = ""
    strata: Names = ()
    psu: Names = ()
    fpc: Names = ()
    lone_psu: Literal["fail", "centre", "certainty", "average", "collapse"] = "fail"


class FramePlan(Part):
    """The people whom an earlier study stands for, in the terms of the new data.

    Attributes
    ----------
    where : str or mapping
        A condition on columns, ``"age >= 18 and age <= 65"``, or values or labels by column.
    margins : str
        Margins shipped with topline, or a CSV file in the folder; empty for none.
    on : tuple of str
        Dimensions of the margins; all when empty.
    missing : str
        What becomes of people of the frame without a value of one of them: ``"error"``, ``"own_class"`` or
        ``"proportional"``.
    studies : tuple of str
        Published studies whose population this is; every one that is compared when empty.
    """

    where: str | dict[str, str | float | list[str | float]]
    margins: str = ""
    on: Names = ()
    missing: Filled = "error"
    studies: Names = ()


class ComparisonPlan(Part):
    """How new results are held against published figures.

    Attributes
    ----------
    margin : float
        Percentage points within which two results count as equivalent.
    nonsampling : float
        Standard error, in percentage points, of everything that is not sampling, for each survey.
    level : float
        Confidence level in percent.
    base : str
        Base of published figures whose base the registry does not know: ``"all"``, ``"excluding_dont_know"`` or
        ``"excluding_neutral"``; empty when you do not know it either.
    frames : mapping of str to FramePlan
        Populations of earlier studies, by a name of your own.
    bridge_to : str
        The frame that new results are restricted to: a name in ``frames``, or plain words such as ``"urban 18-59"``;
        empty for none.
    adjust : str
        Which p-value adjusted for a whole battery the sentences warn by: ``"holm"``, ``"bh"`` (Benjamini and
        Hochberg) or ``"none"``.
    """

    margin: float = Field(default=5.0, gt=0, le=50)
    nonsampling: float = Field(default=3.0, ge=0, le=50)
    level: float = Field(default=95.0, gt=50, lt=100)
    base: Literal["", "all", "excluding_dont_know", "excluding_neutral"] = ""
    frames: dict[str, FramePlan] = Field(default_factory=dict)
    bridge_to: str = ""
    adjust: Literal["holm", "bh", "none"] = "holm"


class DisclosurePlan(Part):
    """What may leave the team.

    Attributes
    ----------
    minimum_base : int
        Results on fewer respondents than this are left out of ``results/``.
    """

    minimum_base: int = Field(default=30, ge=1)


class StudyPlan(Part):
    """All of study.yaml.

    Attributes
    ----------
    title, sponsor, population : str
        As they are printed with every result.
    country : str
        ISO 3166 code, e.g. ``"CN"``; empty for a study of several countries.
    region : str
        What a study of several countries covers, e.g. ``"EU28"``.
    frame : str
        What the sample was drawn from, e.g. ``"open web link"``.
    sample_type : str
        ``"probability"``, ``"nonprobability"``, ``"convenience"`` or ``"unknown"``.
    modes : tuple of str
        e.g. ``("web",)``.
    languages : tuple of str
        That respondents were interviewed in, e.g. ``("zh",)``; empty when not stated.
    field_start, field_end : str
        ISO dates; may be partial.
    questionnaire, answers, data : str
        File names in the folder.
    """

    title: str
    population: str
    sponsor: str = ""
    country: str = ""
    region: str = ""
    frame: str = ""
    sample_type: Literal["probability", "nonprobability", "convenience", "unknown"] = "unknown"
    modes: Names = ("web",)
    languages: Names = ()
    field_start: str = Field(default="", pattern=r"^(\d{4}(-\d{2}(-\d{2})?)?)?$")
    field_end: str = Field(default="", pattern=r"^(\d{4}(-\d{2}(-\d{2})?)?)?$")
    questionnaire: str = "questionnaire.yaml"
    answers: str = "answers.db"
    data: str = "answers.sav"
    design: DesignPlan = DesignPlan()
    weighting: WeightingPlan = WeightingPlan()
    compare: ComparisonPlan = ComparisonPlan()
    disclosure: DisclosurePlan = DisclosurePlan()

    @field_validator("field_start", "field_end")
    @classmethod
    def _real_date(cls, value: str) -> str:
        if value:
            year, month, day = [*value.split("-"), "01", "01"][:3]
            try:
                date(int(year), int(month), int(day))
            except ValueError:
                raise ValueError(f"{value} is not a date; write 2026, 2026-03 or 2026-03-14.") from None
        return value

    @model_validator(mode="after")
    def _dates_in_order(self) -> StudyPlan:
        if self.field_start and self.field_end and self.field_end < self.field_start[: len(self.field_end)]:
            raise ValueError(f"field_end {self.field_end} lies before field_start {self.field_start}.")
        return self


@dataclass(frozen=True)
class StudyFolder:
    """A study folder that has been read.

    Attributes
    ----------
    path : Path
        The folder.
    plan : StudyPlan
        What its study.yaml says.
    """

    path: Path
    plan: StudyPlan

    @property
    def questionnaire(self) -> Path:
        """The questionnaire's file."""
        return self.path / self.plan.questionnaire

    @property
    def answers(self) -> Path:
        """The store of answers."""
        return self.path / self.plan.answers

    @property
    def data(self) -> Path:
        """The exported data file."""
        return self.path / self.plan.data

    @property
    def results(self) -> Path:
        """The folder the dashboard reads."""
        return self.path / "results"

    @property
    def simulation(self) -> Path:
        """Where a simulation says what it made."""
        return self.path / "simulation.json"

    @property
    def simulated(self) -> bool:
        """Whether the answers were invented, as the simulation's own document says."""
        return bool(self.simulated_stores)

    @property
    def simulated_stores(self) -> frozenset[str]:
        """Fingerprints of the stores of answers that simulations made here."""
        try:
            document = json.loads(self.simulation.read_text(encoding="utf-8"))
            return frozenset(document["stores"])
        except (OSError, ValueError, KeyError, TypeError):
            return frozenset()

    @cached_property
    def description(self) -> StudyDescription:
        """What is known of the new survey, in the words a comparison needs."""
        from .description import SIMULATED, StudyDescription

        plan = self.plan
        return StudyDescription(
            title=plan.title,
            sponsor=plan.sponsor,
            country=plan.country,
            region=plan.region,
            population=plan.population,
            frame=plan.frame,
            sample_type="" if plan.sample_type == "unknown" else plan.sample_type,
            modes=plan.modes,
            languages=plan.languages,
            field_start=plan.field_start,
            field_end=plan.field_end,
            note=SIMULATED if self.simulated else "",
        )

    @cached_property
    def figures(self) -> Registry:
        """The published figures this study may be compared with: those that ship with topline, and its own.

        Raises
        ------
        RegistryError
            With everything that is wrong in the folder's own tables.
        """
        from .own_figures import figures_of_folder

        return figures_of_folder(self.path)

    def study(self) -> Study:
        """Read the exported data.

        Raises
        ------
        FileError
            When nothing has been exported yet.
        """
        from .files import read_study

        if not self.data.exists():
            raise FileError(
                f"{self.data} does not exist: no answers have been exported yet. Run: topline export {self.path}"
            )
        return read_study(self.data)

    def margins(self) -> Margins | None:
        """Give the population margins the weighting names for all its steps, or None."""
        from .margins import margins_named

        name = self.plan.weighting.margins
        return margins_named(name, self.path) if isinstance(name, str) and name not in ("", REFERENCE) else None


def read_folder(path: Path | str) -> StudyFolder:
    """Read a study folder.

    Parameters
    ----------
    path : Path or str
        The folder that holds study.yaml, e.g. ``"my-study"``.

    Raises
    ------
    FileError
        When the folder or its study.yaml does not exist.
    DocumentError
        When study.yaml has findings; all are listed.

    Examples
    --------
    >>> import tempfile
    >>> folder = new_folder(Path(tempfile.mkdtemp()) / "my-study")
    >>> read_folder(folder.path).plan.country
    'CN'
    """
    folder = Path(path)
    document = folder / "study.yaml"
    if not document.is_file():
        if folder.is_file():
            raise FileError(f"{folder} is a file; this verb works on a study folder. Make one with: topline new NAME")
        missing = "does not exist" if not folder.exists() else "is not a study folder: it holds no study.yaml"
        raise FileError(f"{folder} {missing}. Make one with: topline new {folder}")
    return StudyFolder(folder, validated(StudyPlan, load_document(document)))


def new_folder(path: Path | str) -> StudyFolder:
    """Make a study folder from the shipped social credit questionnaire.

    Parameters
    ----------
    path : Path or str
        A folder that does not exist yet, or is empty.

    Raises
    ------
    FileError
        When the folder already holds something, or cannot be made.
    """
    folder = Path(path)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileError(f"{folder} already holds something; nothing was changed. Name a folder that does not exist.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("study.yaml", "questionnaire.yaml"):
            with as_file(files(__package__) / "demo" / name) as shipped:
                shutil.copyfile(shipped, folder / name)
    except OSError as error:
        raise FileError(f"{folder} cannot be made: {error.strerror or error}.") from error
    return read_folder(folder)


def demo_folder(path: Path | str) -> StudyFolder:
    """Give the demo's folder: an existing study folder as it stands, or else a new one."""
    folder = Path(path)
    return read_folder(folder) if (folder / "study.yaml").exists() else new_folder(folder)
