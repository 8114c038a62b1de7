# Diagnostics of weights in R: Rscript diagnostics.R [output folder, default .] [data folder, default data]
# Reads data/apistrat.csv and data/apiclus1.csv; writes diagnostics.json. calibrate() needs the package MASS.
suppressMessages({library(survey); library(jsonlite)})
out <- if (length(args <- commandArgs(trailingOnly = TRUE))) args[1] else "."
here <- if (length(args) > 1) args[2] else "data"
options(digits = 15)
read <- function(name) read.csv(file.path(here, paste0(name, ".csv")))
strat <- read("apistrat"); clus <- read("apiclus1")
counts <- list(sch.wide = c(No = 1072, Yes = 5122), awards = c(No = 2027, Yes = 4167))
totals <- c(`(Intercept)` = 6194, sch.wideYes = 5122, awardsYes = 4167)
base <- svydesign(~1, strata = ~stype, weights = ~pw, data = strat)
raked <- calibrate(base, ~sch.wide + awards, totals, calfun = "raking", epsilon = 1e-13, maxit = 200)
plain <- svydesign(~1, strata = ~stype, weights = rep(1, nrow(strat)), data = strat)
kish <- function(w) list(n = length(w), sum = sum(w), effective_n = sum(w)^2 / sum(w^2),
  deff = 1 + mean((w - mean(w))^2) / mean(w)^2, minimum = min(w), maximum = max(w), ratio = max(w) / min(w))
worst <- function(w) max(unlist(lapply(names(counts), function(v)
  abs(tapply(w, strat[[v]], sum)[names(counts[[v]])] / sum(w) - counts[[v]] / sum(counts[[v]])))))
pw <- weights(base); final <- as.vector(weights(raked))
log <- list(c(kish(pw), worst = worst(pw)), c(kish(final), worst = worst(final)))
groups <- lapply(split(final, strat$stype), kish)
estimate <- function(d, item) { m <- svymean(reformulate(item), d); list(estimate = unname(coef(m)), se = as.vector(SE(m))) }
influence <- lapply(list(unweighted = plain, base = base, raked = raked), function(d)
  lapply(list(api00 = "api00", enroll = "enroll"), estimate, d = d))
# the largest 1% (2 of 200) left out; at the border equal weights share what is taken away
away <- 0.01 * length(final); border <- sort(final, decreasing = TRUE)[ceiling(away)]
tied <- abs(final - border) < 1e-9 * border; above <- final > border & !tied
kept <- ifelse(above, 0, ifelse(tied, 1 - (away - sum(above)) / sum(tied), 1))
without <- sapply(c("api00", "enroll"), function(v) weighted.mean(strat[[v]], final * kept))
# standardised differences from the cluster sample: Austin (2009), the divisor from the weights before
other <- svydesign(~dnum, weights = ~pw, data = clus)
moments <- function(x, w) { m <- sum(w * x) / sum(w); c(m, sum(w * (x - m)^2) / sum(w)) }
difference <- function(x, y) {
  target <- moments(y, weights(other)); before <- moments(x, pw); after <- moments(x, final)
  s <- sqrt((target[2] + before[2]) / 2)
  list(target = target[1], before = before[1], after = after[1],
       standardised_before = (before[1] - target[1]) / s, standardised_after = (after[1] - target[1]) / s)
}
balance <- list(api00 = difference(strat$api00, clus$api00), enroll = difference(strat$enroll, clus$enroll))
for (level in c("E", "H", "M"))
  balance[[paste("stype", level)]] <- difference((strat$stype == level) + 0, (clus$stype == level) + 0)
# Meng's identity on a population that is all known: the 200 rows, of which the first 60 answered
answered <- seq_len(nrow(strat)) <= 60; y <- strat$api00; spread <- function(x) sqrt(mean((x - mean(x))^2))
correlation <- function(r) mean((r - mean(r)) * (y - mean(y))) / (spread(r) * spread(y))
defect <- list(n = 60, population = 200, sd = spread(y),
  rho_unweighted = correlation(answered + 0), error_unweighted = mean(y[answered]) - mean(y),
  rho = correlation(answered * pw), error = weighted.mean(y[answered], pw[answered]) - mean(y))
version <- list(R = R.version.string, survey = as.character(packageVersion("survey")))
write_json(list(version = version, log = log, groups = groups, influence = influence, without = as.list(without),
  balance = balance, defect = defect), file.path(out, "diagnostics.json"), digits = NA, auto_unbox = TRUE, pretty = TRUE)
