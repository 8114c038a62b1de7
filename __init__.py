"""topline: field attitude surveys, estimate with their design, compare honestly with published figures."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

__version__ = "0.1.0"

PUBLIC = {
    "alpha": "analysis.reliability.alpha",
    "banner": "analysis.tables.banner",
    "Banner": "analysis.tables.banner_table",
    "Battery": "analysis.batteries.battery",
    "Combined": "analysis.imputation.combined",
    "compare": "analysis.comparing.compare",
    "Frame": "analysis.gating.frame",
    "Comparison": "analysis.telling.comparison",
    "Contrasts": "analysis.testing.contrasts",
    "contrast": "analysis.testing.contrasts",
    "Crosstab": "analysis.tables.crosstab_table",
    "crosstab": "analysis.tables.crosstab",
    "Design": "analysis.sampling.design",
    "correlation": "analysis.estimation.dispersion",
    "covariance": "analysis.estimation.dispersion",
    "variance": "analysis.estimation.dispersion",
    "mean": "analysis.estimation.estimate",
    "proportion": "analysis.estimation.estimate",
    "ratio": "analysis.estimation.estimate",
    "total": "analysis.estimation.estimate",
    "Estimates": "analysis.estimation.estimates",
    "Fit": "analysis.models.fit",
    "glm": "analysis.models.glm",
    "combine": "analysis.imputation.imputation",
    "kappa": "analysis.reliability.kappa",
    "multiple_response": "analysis.estimation.multiple_response",
    "marginal_effects": "analysis.models.marginal",
    "predictive_margins": "analysis.models.marginal",
    "multinomial": "analysis.models.multinomial",
    "ordered": "analysis.models.ordinal",
    "quantile": "analysis.estimation.quantile",
    "base_weights": "analysis.nonresponse.base_weights",
    "calibrate": "analysis.calibration.calibrate",
    "entropy_balance": "analysis.calibration.calibrate",
    "eligibility": "analysis.nonresponse.eligibility",
    "nonresponse": "analysis.nonresponse.nonresponse",
    "doubly_robust": "analysis.nonprobability.doubly_robust",
    "normalise": "analysis.trimming.normalise",
    "propensity_weights": "analysis.nonprobability.propensity_weights",
    "poststratify": "analysis.raking.poststratify",
    "rake": "analysis.raking.rake",
    "margins_from": "analysis.nonprobability.reference_margins",
    "Poll": "analysis.polls.poll",
    "Pooled": "analysis.polls.pooled",
    "pooled": "analysis.polls.pooled",
    "trend": "analysis.polls.trend",
    "Trend": "analysis.polls.trend_result",
    "rank_test": "analysis.testing.ranks",
    "respondents": "analysis.recipe",
    "replicate_design": "analysis.replication.replicate_weights",
    "replicates": "analysis.replication.replicates",
    "SignificanceTest": "analysis.testing.significance",
    "subset": "analysis.sampling.subpopulation",
    "ttest": "analysis.testing.ttest",
    "wald": "analysis.models.wald",
    "weight_balance": "analysis.diagnosing.balance",
    "weight_margins": "analysis.diagnosing.balance",
    "data_defect": "analysis.diagnosing.data_defect",
    "deff_by": "analysis.diagnosing.deff_parts",
    "deff_parts": "analysis.diagnosing.deff_parts",
    "Diagnostic": "analysis.diagnosing.diagnostic",
    "trim": "analysis.trimming.trim",
    "weight": "analysis.weight",
    "WeightDiagnostics": "analysis.diagnosing.diagnostics",
    "weight_diagnostics": "analysis.diagnosing.diagnostics",
    "weight_histogram": "analysis.diagnosing.weight_histogram",
    "weight_influence": "analysis.diagnosing.weight_influence",
    "weight_log": "analysis.diagnosing.weight_log",
    "weight_warnings": "analysis.diagnosing.weight_warnings",
    "weight_summary": "analysis.diagnosing.weights",
    "bank": "data.banks.shipped",
    "Codebook": "data.codebook",
    "MissingKind": "data.codebook",
    "MissingRange": "data.codebook",
    "Study": "data.codebook",
    "Variable": "data.codebook",
    "study_of": "data.codebook",
    "StudyDescription": "data.description",
    "InfeasibleMarginsError": "data.errors",
    "ToplineError": "data.errors",
    "add_figures": "data.own_figures",
    "remove_figures": "data.own_figures",
    "published": "data.registry.figures",
    "read_registry": "data.registry.figures",
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
    from .analysis.batteries.battery import Battery as Battery
    from .analysis.calibration.calibrate import calibrate as calibrate
    from .analysis.calibration.calibrate import entropy_balance as entropy_balance
    from .analysis.comparing.compare import compare as compare
    from .analysis.diagnosing.balance import weight_balance as weight_balance
    from .analysis.diagnosing.balance import weight_margins as weight_margins
    from .analysis.diagnosing.data_defect import data_defect as data_defect
    from .analysis.diagnosing.deff_parts import deff_by as deff_by
    from .analysis.diagnosing.deff_parts import deff_parts as deff_parts
    from .analysis.diagnosing.diagnostic import Diagnostic as Diagnostic
    from .analysis.diagnosing.diagnostics import WeightDiagnostics as WeightDiagnostics
    from .analysis.diagnosing.diagnostics import weight_diagnostics as weight_diagnostics
    from .analysis.diagnosing.weight_histogram import weight_histogram as weight_histogram
    from .analysis.diagnosing.weight_influence import weight_influence as weight_influence
    from .analysis.diagnosing.weight_log import weight_log as weight_log
    from .analysis.diagnosing.weight_warnings import weight_warnings as weight_warnings
    from .analysis.diagnosing.weights import weight_summary as weight_summary
    from .analysis.estimation.dispersion import correlation as correlation
    from .analysis.estimation.dispersion import covariance as covariance
    from .analysis.estimation.dispersion import variance as variance
    from .analysis.estimation.estimate import mean as mean
    from .analysis.estimation.estimate import proportion as proportion
    from .analysis.estimation.estimate import ratio as ratio
    from .analysis.estimation.estimate import total as total
    from .analysis.estimation.estimates import Estimates as Estimates
    from .analysis.estimation.multiple_response import multiple_response as multiple_response
    from .analysis.estimation.quantile import quantile as quantile
    from .analysis.gating.frame import Frame as Frame
    from .analysis.imputation.combined import Combined as Combined
    from .analysis.imputation.imputation import combine as combine
    from .analysis.models.fit import Fit as Fit
    from .analysis.models.glm import glm as glm
    from .analysis.models.marginal import marginal_effects as marginal_effects
    from .analysis.models.marginal import predictive_margins as predictive_margins
    from .analysis.models.multinomial import multinomial as multinomial
    from .analysis.models.ordinal import ordered as ordered
    from .analysis.models.wald import wald as wald
    from .analysis.nonprobability.doubly_robust import doubly_robust as doubly_robust
    from .analysis.nonprobability.propensity_weights import propensity_weights as propensity_weights
    from .analysis.nonprobability.reference_margins import margins_from as margins_from
    from .analysis.nonresponse.base_weights import base_weights as base_weights
    from .analysis.nonresponse.eligibility import eligibility as eligibility
    from .analysis.nonresponse.nonresponse import nonresponse as nonresponse
    from .analysis.polls.poll import Poll as Poll
    from .analysis.polls.pooled import Pooled as Pooled
    from .analysis.polls.pooled import pooled as pooled
    from .analysis.polls.trend import trend as trend
    from .analysis.polls.trend_result import Trend as Trend
    from .analysis.raking.poststratify import poststratify as poststratify
    from .analysis.raking.rake import rake as rake
    from .analysis.recipe import respondents as respondents
    from .analysis.reliability.alpha import alpha as alpha
    from .analysis.reliability.kappa import kappa as kappa
    from .analysis.replication.replicate_weights import replicate_design as replicate_design
    from .analysis.replication.replicates import replicates as replicates
    from .analysis.sampling.design import Design as Design
    from .analysis.sampling.subpopulation import subset as subset
    from .analysis.tables.banner import banner as banner
    from .analysis.tables.banner_table import Banner as Banner
    from .analysis.tables.crosstab import crosstab as crosstab
    from .analysis.tables.crosstab_table import Crosstab as Crosstab
    from .analysis.telling.comparison import Comparison as Comparison
    from .analysis.testing.contrasts import Contrasts as Contrasts
    from .analysis.testing.contrasts import contrast as contrast
    from .analysis.testing.ranks import rank_test as rank_test
    from .analysis.testing.significance import SignificanceTest as SignificanceTest
    from .analysis.testing.ttest import ttest as ttest
    from .analysis.trimming.normalise import normalise as normalise
    from .analysis.trimming.trim import trim as trim
    from .analysis.weight import weight as weight
    from .data.banks.shipped import bank as bank
    from .data.codebook import Codebook as Codebook
    from .data.codebook import MissingKind as MissingKind
    from .data.codebook import MissingRange as MissingRange
    from .data.codebook import Study as Study
    from .data.codebook import Variable as Variable
    from .data.codebook import study_of as study_of
    from .data.description import StudyDescription as StudyDescription
    from .data.errors import InfeasibleMarginsError as InfeasibleMarginsError
    from .data.errors import ToplineError as ToplineError
    from .data.files import read_study as read_study
    from .data.files import write_study as write_study
    from .data.margins import margins as margins
    from .data.margins import read_margins as read_margins
    from .data.own_figures import add_figures as add_figures
    from .data.own_figures import remove_figures as remove_figures
    from .data.registry.figures import published as published
    from .data.registry.figures import read_registry as read_registry
    from .data.study_folder import read_folder as read_folder
    from .instrument.check import check as check
    from .instrument.export import export as export
    from .instrument.reading import read_questionnaire as read_questionnaire
    from .instrument.routing import route as route
    from .instrument.simulate import simulate as simulate
