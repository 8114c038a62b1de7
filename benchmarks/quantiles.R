# Medians of five variables in 30 domains: Rscript quantiles.R FOLDER REPEATS CASE
source("contender.R")
data <- columns()
measured(
  prepare = function() svydesign(id = ~psu, strata = ~stratum, weights = ~w, data = data),
  work = function(design) svyby(reformulate(paste0("x", 0:4)), ~domain, design, svyquantile, quantiles = 0.5),
  numbers = function(fit) list(estimate = as.matrix(coef(fit)), se = as.matrix(SE(fit)))
)
