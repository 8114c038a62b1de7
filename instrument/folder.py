"""What field, simulate and export do in a study folder."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from ..data.atomic import replacing
from ..data.codebook import Codebook, Study
from ..data.description import SIMULATED
from ..data.errors import FileError, StoreError
from ..data.study_folder import StudyFolder
from .export import export
from .fieldwork.store import AnswerStore
from .interview import Interview
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
        Its store must hold no answers of real people. Those of an earlier simulation are replaced, and what was
        exported and estimated from them is removed.
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
    FileError
        When ``simulation.json`` is something else than the mark of an earlier simulation.
    """
    refuse_real_answers(folder)
    if folder.simulation.exists() and not folder.simulated:
        raise FileError(
            f"{folder.simulation} was not written by a simulation; nothing was changed. Give it another name."
        )
    simulation = simulate(read_questionnaire(folder.questionnaire), n, seed=seed, truth=truth, progress=progress)
    stores = sorted({*folder.simulated_stores, fingerprint(simulation.interviews)})
    # The mark comes before the answers: invented ones must never lie in a folder that does not say so.
    with replacing(folder.simulation) as temporary:
        document = {**simulation.document(), "stores": stores}
        temporary.write_text(json.dumps(document, ensure_ascii=False, indent=2), encoding="utf-8")
    for leftover in derived(folder):
        leftover.unlink(missing_ok=True)
    with AnswerStore.open(folder.answers) as store:
        store.add(simulation.interviews)
    return len(simulation.interviews)


def refuse_real_answers(folder: StudyFolder) -> None:
    """Refuse a store whose answers did not come from a simulation in this folder."""
    if not folder.answers.exists():
        return
    with AnswerStore.open(folder.answers) as store:
        interviews = store.interviews()
    if interviews and fingerprint(interviews) not in folder.simulated_stores:
        raise StoreError(
            f"{folder.answers} holds answers that were not simulated; nothing was changed. "
            "Simulate in a folder of its own: topline new NAME"
        )


def fingerprint(interviews: Iterable[Interview]) -> str:
    """Tell one store's interviews from any other's, whatever their order.

    Examples
    --------
    >>> one, two = (Interview(number, "zh", 7, "complete", "2026-03-01", "3f") for number in ("a1", "b2"))
    >>> fingerprint([one, two]) == fingerprint([two, one]), fingerprint([one]) == fingerprint([two])
    (True, False)
    """
    return hashlib.sha256(" ".join(sorted(interview.number for interview in interviews)).encode()).hexdigest()


def derived(folder: StudyFolder) -> list[Path]:
    """Name the store of a simulation and what was made from it."""
    store = [folder.answers.with_name(folder.answers.name + ending) for ending in ("", "-wal", "-shm")]
    weighted = folder.data.with_stem("weighted")
    data = [path.with_name(path.name + ending) for path in (folder.data, weighted) for ending in ("", ".codebook.json")]
    return [*store, *data, folder.results / "estimates.json", folder.results / "comparison.json"]


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
        # The count comes first: a page that arrives in between is then reported as not exported, never lost.
        pages, interviews = store.pages(), store.interviews()
    study = export(read_questionnaire(folder.questionnaire), interviews, language=language)
    notes = [*study.codebook.notes, EXPORTED.format(pages), *([SIMULATED] if folder.simulated else [])]
    return replace(study, codebook=replace(study.codebook, title=folder.plan.title, notes=tuple(notes)))


EXPORTED = "Exported by topline after {} answered pages."
"""Note in the exported file, by which a later verb sees that answers have come in since."""


def pages_not_exported(folder: StudyFolder, codebook: Codebook) -> int:
    """Count the pages answered since a file of this codebook was exported; 0 where it or the store cannot tell."""
    exported = pages_exported(codebook)
    if exported is None or not folder.answers.exists():
        return 0
    with AnswerStore.open(folder.answers) as store:
        return max(0, store.pages() - exported)


def pages_exported(codebook: Codebook) -> int | None:
    """Read from a file's notes how many answered pages it holds; None when it does not say."""
    pattern = re.escape(EXPORTED).replace(re.escape("{}"), r"(\d+)")
    found = re.search(pattern, " ".join(codebook.notes))
    return int(found[1]) if found else None


def collected(folder: StudyFolder) -> str:
    """Say how many interviews a folder's store holds, by how they ended.

    Parameters
    ----------
    folder : StudyFolder
        With a store of answers.
    """
    with AnswerStore.open(folder.answers) as store:
        ended = Counter(str(interview.status) for interview in store.interviews())
    said = {"complete": "complete", "started": "unfinished", "declined": "declined"}
    counts = ", ".join(f"{ended[status]:,} {word}" for status, word in said.items())
    return f"{ended.total():,} {'interview' if ended.total() == 1 else 'interviews'} ({counts})"
