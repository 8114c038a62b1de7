# A logistic regression of ten predictors: Rscript models.R FOLDER REPEATS CASE
source("contender.R")
data <- columns()
measured(
  prepare = function() svydesign(id = ~psu, strata = ~stratum, weights = ~w, data = data),
  work = function(design) svyglm(reformulate(paste0("x", 0:9), "y"), design, family = quasibinomial()),
  numbers = function(fit) list(estimate = coef(fit), se = SE(fit), covariance = vcov(fit))
)
