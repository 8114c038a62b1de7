# Ten proportions with bootstrap replicates: Rscript replicates.R FOLDER REPEATS CASE given|drawn
source("contender.R")
data <- columns()
given <- function() {
  weights <- as.matrix(data[paste0("r", 1:200)])
  items <- data[paste0("y", 0:9)]
  svrepdesign(items, weights, data$w, type = "bootstrap", scale = 1 / 200, rscales = rep(1, 200), combined.weights = TRUE)
}
drawn <- function() {
  set.seed(1)
  design <- svydesign(id = ~psu, strata = ~stratum, weights = ~w, data = data)
  as.svrepdesign(design, type = "subbootstrap", replicates = 200)
}
measured(
  prepare = if (arguments[4] == "given") given else drawn,
  work = function(design) svymean(reformulate(paste0("y", 0:9)), design),
  numbers = function(fit) list(estimate = coef(fit), se = SE(fit))
)
