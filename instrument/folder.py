"""What field, simulate and export do in a study folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ..data.atomic import replacing
from ..data.codebook import Study
from ..data.errors import StoreError
from ..data.study_folder import SIMULATED, StudyFolder
from .export import export
from .fieldwork.store import AnswerStore
from .reading import read_questionnaire
from .simulate import simulate

Progress = Callable[[int, int], None]


def simulate_folder(
    folder: StudyFolder, n: int, *, seed: int, truth: Path | None = None, progress: Progress | None = None
) -> int:
    """Fill a folder's store with invented interviews, and mark the folder as simulated.

    Parameters
    ----------
    folder : StudyFolder
        Its store must hold no answers; those of an earlier simulation are replaced.
    n : int
        Interviews begun; those broken off and declined are among them.
    seed : int
        The same seed makes the same answers.
    truth : Path, optional
        What the invented population thinks; a shipped one where not given.
    progress : callable, optional
        Called with the number done and the number to do.

    Returns
    -------
    int
        Interviews written.

    Raises
    ------
    StoreError
        When the store holds answers of real people.
    """
    if folder.answers.exists() and not folder.truth.exists():
        raise StoreError(
            f"{folder.answers} holds answers that were not simulated; nothing was changed. "
            "Simulate in a folder of its own: topline new NAME"
        )
    questionnaire = read_questionnaire(folder.questionnaire)
    simulation = simulate(questionnaire, n, seed=seed, truth=truth, progress=progress)
    # The mark comes first: invented answers must never lie in a folder that does not say so.
    with replacing(folder.truth) as temporary:
        temporary.write_text(json.dumps(simulation.document(), ensure_ascii=False, indent=2), encoding="utf-8")
    for leftover in folder.path.glob(f"{folder.answers.name}*"):
        leftover.unlink()
    with AnswerStore.open(folder.answers) as store:
        store.add(simulation.interviews)
    return len(simulation.interviews)


def export_folder(folder: StudyFolder, *, language: str | None = None) -> Study:
    """Give a folder's answers as a study: one row for each interview, with the codebook of its questionnaire.

    Parameters
    ----------
    folder : StudyFolder
        Whose store is read.
    language : str, optional
        Language of the labels; the questionnaire's first where not given.

    Raises
    ------
    StoreError
        When there is no store yet.
    """
    if not folder.answers.exists():
        raise StoreError(
            f"{folder.answers} does not exist: nothing has been answered yet. "
            f"Run: topline field {folder.path}   or, to rehearse: topline simulate {folder.path}"
        )
    with AnswerStore.open(folder.answers) as store:
        interviews = store.interviews()
    study = export(read_questionnaire(folder.questionnaire), interviews, language=language)
    notes = (SIMULATED,) if folder.truth.exists() else ()
    codebook = replace(study.codebook, title=folder.plan.title, notes=(*study.codebook.notes, *notes))
    return replace(study, codebook=codebook)
