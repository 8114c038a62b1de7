# Raking to five margins: Rscript raking.R FOLDER REPEATS CASE
source("contender.R")
data <- columns()
sizes <- c(m2 = 2, m6 = 6, m5 = 5, m4 = 4, m30 = 30)
total <- sum(data$w)
population <- lapply(names(sizes), function(name) {
  shares <- seq(sizes[[name]], 2 * sizes[[name]] - 1)
  setNames(data.frame(seq_along(shares) - 1, shares / sum(shares) * total), c(name, "Freq"))
})
measured(
  prepare = function() svydesign(id = ~1, weights = ~w, data = data),
  work = function(design) {
    rake(design, lapply(names(sizes), reformulate), population, control = list(maxit = 100, epsilon = 1e-6))
  },
  numbers = function(raked) list(weight = weights(raked))
)
