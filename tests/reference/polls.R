# Several polls put together (metafor), and a level that wanders (dense algebra), for analysis/polls.
# Run: Rscript tests/reference/polls.R > tests/reference/polls.json
suppressMessages({library(metafor); library(jsonlite)})
options(digits = 17)

sets <- list(
  apart = list(y = c(.40, .45, .50, .43), se = c(.010, .012, .015, .010)),
  alike = list(y = c(.521, .534, .528), se = c(.014, .016, .012)),
  two = list(y = c(.62, .55), se = c(.013, .02)),
  means = list(y = c(3.6, 3.75, 3.42, 3.58, 3.9), se = c(.04, .05, .03, .06, .045))
)

one_effect <- function(set, method, test, level) {
  fit <- rma(set$y, sei = set$se, method = method, test = test, level = level, control = list(tol = 1e-15, maxiter = 10000))
  if (method == "PM" && fit$tau2 > 0) {
    q <- function(t) { w <- 1 / (set$se^2 + t); sum(w * (set$y - sum(w * set$y) / sum(w))^2) - (length(set$y) - 1) }
    tau2 <- uniroot(q, c(0, 100 * var(set$y)), tol = 1e-18)$root
    fit <- rma(set$y, sei = set$se, tau2 = tau2, test = test, level = level)
  }
  told <- predict(fit)
  list(method = method, test = test, level = level, estimate = as.numeric(fit$beta), se = fit$se, low = told$ci.lb,
       high = told$ci.ub, tau2 = fit$tau2, prediction_low = told$pi.lb, prediction_high = told$pi.ub)
}

effects <- list()
for (name in names(sets)) for (level in c(.95, .90)) {
  for (method in c("DL", "PM")) for (test in c("z", "knha", "adhoc"))
    effects[[length(effects) + 1]] <- c(list(set = name), one_effect(sets[[name]], method, test, level))
  effects[[length(effects) + 1]] <- c(list(set = name), one_effect(sets[[name]], "FE", "z", level))
}

apart <- lapply(names(sets), function(name) {
  fit <- rma(sets[[name]]$y, sei = sets[[name]]$se, method = "DL")
  list(set = name, q = fit$QE, p = fit$QEp, i_squared = max(0, (fit$QE - (fit$k - 1)) / fit$QE))
})

# Restricted likelihood, best linear unbiased prediction of the level and its error, and the houses' effects.
years <- c(2015.2, 2016.7, 2016.7, 2018.1, 2019.0, 2020.5, 2021.3, 2022.8, 2024.1)
house <- c("a", "b", "c", "a", "b", "a", "c", "b", "a")
value <- c(.412, .431, .455, .440, .478, .502, .525, .497, .533)
error <- c(.011, .014, .012, .010, .013, .012, .015, .011, .010)
at <- c(2015.2, 2017.5, 2020.0, 2024.1)

dense <- function(pace) {
  n <- length(value)
  walk <- function(s, t) pace^2 * outer(s - years[1], t - years[1], pmin)
  v <- walk(years, years) + diag(error^2)
  x <- cbind(1, ifelse(house == "a", 1, ifelse(house == "c", -1, 0)), ifelse(house == "b", 1, ifelse(house == "c", -1, 0)))
  inverse <- solve(v)
  information <- t(x) %*% inverse %*% x
  beta <- solve(information, t(x) %*% inverse %*% value)
  rest <- value - x %*% beta
  loglike <- -.5 * (n * log(2 * pi) + as.numeric(determinant(v)$modulus) + as.numeric(determinant(information)$modulus) +
                      as.numeric(t(rest) %*% inverse %*% rest))
  k <- walk(at, years)
  z <- cbind(1, 0, 0)[rep(1, length(at)), ]
  gain <- k %*% inverse
  off <- z - gain %*% x
  level <- beta[1] + gain %*% rest
  covariance <- walk(at, at) - gain %*% t(k) + off %*% solve(information) %*% t(off)
  spread <- rbind(c(0, 1, 0), c(0, 0, 1), c(0, -1, -1))
  list(pace = pace, loglike = loglike, level = as.numeric(level), se = sqrt(diag(covariance)),
       effects = as.numeric(spread %*% beta), effects_se = sqrt(diag(spread %*% solve(information) %*% t(spread))))
}
# Paces from none to twice the fastest that two polls in a row show, weighted by their restricted likelihood.
step <- abs(diff(value)) / sqrt(pmax(diff(years), 1 / 12))
paces <- seq(0, 2 * max(step), length.out = 25)
fits <- lapply(paces, dense)
height <- sapply(fits, function(fit) fit$loglike)
weight <- exp(height - max(height)) / sum(exp(height - max(height)))
mix <- function(name) rowSums(sapply(seq_along(fits), function(i) weight[i] * fits[[i]][[name]]))
mix_se <- function(name, se) sqrt(rowSums(sapply(seq_along(fits), function(i)
  weight[i] * (fits[[i]][[se]]^2 + (fits[[i]][[name]] - mix(name))^2))))
mixture <- list(paces = paces, weights = weight, level = mix("level"), se = mix_se("level", "se"),
                effects = mix("effects"), effects_se = mix_se("effects", "effects_se"))
level <- list(years = years, house = house, value = value, error = error, at = at, mixture = mixture,
              fits = lapply(c(.02, .05), dense))

cat(toJSON(list(version = paste("R", getRversion(), "metafor", packageVersion("metafor")), sets = sets, effects = effects,
                heterogeneity = apart, level = level), auto_unbox = TRUE, digits = NA, pretty = TRUE), "\n")
