"""topline: field attitude surveys, estimate with their design, compare honestly with published figures."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

__version__ = "0.1.0"

PUBLIC = {
    "alpha": "analysis.alpha",
    "banner": "analysis.banner",
    "Banner": "analysis.banner_table",
    "Combined": "analysis.combined",
    "compare": "analysis.compare",
    "Comparison": "analysis.comparison",
    "Contrasts": "analysis.contrasts",
    "contrast": "analysis.contrasts",
    "Crosstab": "analysis.crosstab",
    "crosstab": "analysis.crosstab",
    "Design": "analysis.design",
    "correlation": "analysis.dispersion",
    "covariance": "analysis.dispersion",
    "variance": "analysis.dispersion",
    "mean": "analysis.estimate",
    "proportion": "analysis.estimate",
    "ratio": "analysis.estimate",
    "total": "analysis.estimate",
    "Estimates": "analysis.estimates",
    "Fit": "analysis.fit",
    "glm": "analysis.glm",
    "combine": "analysis.imputation",
    "kappa": "analysis.kappa",
    "multiple_response": "analysis.multiple_response",
    "marginal_effects": "analysis.marginal",
    "predictive_margins": "analysis.marginal",
    "multinomial": "analysis.multinomial",
    "ordered": "analysis.ordinal",
    "quantile": "analysis.quantile",
    "rake": "analysis.rake",
    "rank_test": "analysis.ranks",
    "respondents": "analysis.recipe",
    "replicate_design": "analysis.replicate_weights",
    "replicates": "analysis.replicates",
    "SignificanceTest": "analysis.significance",
    "subset": "analysis.subpopulation",
    "ttest": "analysis.ttest",
    "wald": "analysis.wald",
    "weight_summary": "analysis.weights",
    "bank": "data.bank",
    "Codebook": "data.codebook",
    "MissingKind": "data.codebook",
    "MissingRange": "data.codebook",
    "Study": "data.codebook",
    "Variable": "data.codebook",
    "study_of": "data.codebook",
    "StudyDescription": "data.description",
    "ToplineError": "data.errors",
    "published": "data.figures",
    "read_study": "data.files",
    "write_study": "data.files",
    "margins": "data.margins",
    "read_margins": "data.margins",
    "read_folder": "data.study_folder",
    "check": "instrument.check",
    "export": "instrument.export",
    "read_questionnaire": "instrument.reading",
    "route": "instrument.routing",
    "simulate": "instrument.simulate",
}
"""Public name -> module it lives in. Imported on first use, so that ``import topline`` stays quick."""

__all__ = ["__version__", *PUBLIC]


def __getattr__(name: str) -> object:
    """Import a public name from its module on first use."""
    if name not in PUBLIC:
        raise AttributeError(f"module 'topline' has no attribute '{name}'")
    value = getattr(importlib.import_module(f".{PUBLIC[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)


if TYPE_CHECKING:
    from .analysis.alpha import alpha as alpha
    from .analysis.banner import banner as banner
    from .analysis.banner_table import Banner as Banner
    from .analysis.combined import Combined as Combined
    from .analysis.compare import compare as compare
    from .analysis.comparison import Comparison as Comparison
    from .analysis.contrasts import Contrasts as Contrasts
    from .analysis.contrasts import contrast as contrast
    from .analysis.crosstab import Crosstab as Crosstab
    from .analysis.crosstab import crosstab as crosstab
    from .analysis.design import Design as Design
    from .analysis.dispersion import correlation as correlation
    from .analysis.dispersion import covariance as covariance
    from .analysis.dispersion import variance as variance
    from .analysis.estimate import mean as mean
    from .analysis.estimate import proportion as proportion
    from .analysis.estimate import ratio as ratio
    from .analysis.estimate import total as total
    from .analysis.estimates import Estimates as Estimates
    from .analysis.fit import Fit as Fit
    from .analysis.glm import glm as glm
    from .analysis.imputation import combine as combine
    from .analysis.kappa import kappa as kappa
    from .analysis.multiple_response import multiple_response as multiple_response
    from .analysis.marginal import marginal_effects as marginal_effects
    from .analysis.marginal import predictive_margins as predictive_margins
    from .analysis.multinomial import multinomial as multinomial
    from .analysis.ordinal import ordered as ordered
    from .analysis.quantile import quantile as quantile
    from .analysis.rake import rake as rake
    from .analysis.ranks import rank_test as rank_test
    from .analysis.recipe import respondents as respondents
    from .analysis.replicate_weights import replicate_design as replicate_design
    from .analysis.replicates import replicates as replicates
    from .analysis.significance import SignificanceTest as SignificanceTest
    from .analysis.subpopulation import subset as subset
    from .analysis.ttest import ttest as ttest
    from .analysis.wald import wald as wald
    from .analysis.weights import weight_summary as weight_summary
    from .data.bank import bank as bank
    from .data.codebook import Codebook as Codebook
    from .data.codebook import MissingKind as MissingKind
    from .data.codebook import MissingRange as MissingRange
    from .data.codebook import Study as Study
    from .data.codebook import Variable as Variable
    from .data.codebook import study_of as study_of
    from .data.description import StudyDescription as StudyDescription
    from .data.errors import ToplineError as ToplineError
    from .data.figures import published as published
    from .data.files import read_study as read_study
    from .data.files import write_study as write_study
    from .data.margins import margins as margins
    from .data.margins import read_margins as read_margins
    from .data.study_folder import read_folder as read_folder
    from .instrument.check import check as check
    from .instrument.export import export as export
    from .instrument.reading import read_questionnaire as read_questionnaire
    from .instrument.routing import route as route
    from .instrument.simulate import simulate as simulate
