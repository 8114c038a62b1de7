# Calibration within bounds on 40 auxiliaries: Rscript calibration.R FOLDER REPEATS CASE DISTANCE
source("contender.R")
data <- columns()
names <- paste0("x", 0:39)
totals <- c("(Intercept)" = sum(data$w), colSums(data[names] * (data$w * data$tilt)))
measured(
  prepare = function() svydesign(id = ~1, weights = ~w, data = data),
  work = function(design) calibrate(design, reformulate(names), totals, calfun = arguments[4], bounds = c(0.5, 2),
                                    epsilon = 1e-8, maxit = 100),
  numbers = function(design) list(weights = weights(design), reached = colSums(data[names] * weights(design)))
)
