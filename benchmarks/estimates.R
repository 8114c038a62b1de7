# Means of ten items in 30 domains with standard errors: Rscript estimates.R FOLDER REPEATS CASE psu|rows
source("contender.R")
data <- columns()
units <- if (arguments[4] == "psu") ~psu else ~1
measured(
  prepare = function() svydesign(id = units, strata = ~stratum, weights = ~w, data = data),
  work = function(design) svyby(reformulate(paste0("y", 0:9)), ~domain, design, svymean),
  numbers = function(fit) list(estimate = as.matrix(coef(fit)), se = as.matrix(SE(fit)))
)
