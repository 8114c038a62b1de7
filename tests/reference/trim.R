# Trimming in R: Rscript trim.R [output folder, default .] [data folder]
# Reads data/apiclus1.csv, data/apistrat.csv and data/apisrs.csv; writes trim.json. Needs the package MASS.
# trimWeights() of designs with replicates cannot be compared with: in survey 4.1-1 it fails, and keeps the untrimmed
# weights of the whole sample. Each replicate is therefore made here by hand, as a design without the PSU.
suppressMessages({library(survey); library(jsonlite)})
out <- if (length(args <- commandArgs(trailingOnly = TRUE))) args[1] else "."
here <- if (length(args) > 1) args[2] else "data"
options(digits = 15, expressions = 50000)
read <- function(name) read.csv(file.path(here, paste0(name, ".csv")))
design_of <- function(name, data) switch(name,
  apiclus1 = svydesign(id = ~dnum, weights = ~w, data = data),
  apistrat = svydesign(id = ~1, strata = ~stype, weights = ~w, data = data),
  apisrs = svydesign(id = ~1, weights = ~w, data = data))
# Weights that vary: the base weight times a made-up factor by row
with_weights <- function(name) {
  data <- read(name); data$w <- data$pw * exp(sin(seq_len(nrow(data)) * 1.7)); data
}
weights_of <- list(); rows <- list()
cases <- list(
  list("apiclus1", "upper", upper = 70, lower = -Inf), list("apiclus1", "both", upper = 60, lower = 20),
  list("apiclus1", "tight", upper = 45, lower = 25), list("apiclus1", "lower", upper = Inf, lower = 20),
  list("apistrat", "upper", upper = 75, lower = -Inf), list("apistrat", "both", upper = 60, lower = 12),
  list("apistrat", "one round", upper = 110, lower = -Inf), list("apisrs", "upper", upper = 50, lower = -Inf),
  list("apisrs", "both", upper = 70, lower = 16))
for (case in cases) {
  d <- design_of(case[[1]], with_weights(case[[1]]))
  w <- weights(trimWeights(d, upper = case$upper, lower = case$lower, strict = TRUE))
  once <- weights(trimWeights(d, upper = case$upper, lower = case$lower, strict = FALSE))
  weights_of[[paste(case[[1]], case[[2]])]] <- list(upper = if (is.finite(case$upper)) case$upper else NA,
    lower = if (is.finite(case$lower)) case$lower else NA, strict = as.vector(w),
    once = if (max(once) <= case$upper && min(once) >= case$lower) as.vector(once) else NA)
}
# Standard errors by the jackknife: R's trimWeights() on the sample without each PSU
jackknife <- function(label, theta, data) {
  psu <- unique(data$dnum); n <- length(psu)
  each <- sapply(psu, function(p) theta(data[data$dnum != p, ])); each <- matrix(each, ncol = n)
  full <- theta(data)
  rows[[length(rows) + 1]] <<- list(case = label, estimate = full, se = sqrt((n - 1) / n * rowSums((each - rowMeans(each))^2)))
}
data <- with_weights("apiclus1")
mean_of <- function(d) unname(coef(svymean(~api00 + enroll, d)))
jackknife("equal", function(x) mean_of(trimWeights(design_of("apiclus1", x), upper = 60, lower = 20, strict = TRUE)), data)
# In proportion: one factor, found by uniroot, and weights held at the cap
proportional <- function(w, cap) {
  f <- uniroot(function(f) sum(pmin(f * w, cap)) - sum(w), c(1, 10), tol = 1e-15)$root
  pmin(f * w, cap)
}
weights_of[["apiclus1 proportional"]] <- proportional(data$w, 60)
jackknife("proportional", function(x) { x$w <- proportional(x$w, 60); mean_of(design_of("apiclus1", x)) }, data)
jackknife("quantile", function(x) { x$w <- proportional(x$w, quantile(x$w, 0.95)); mean_of(design_of("apiclus1", x)) }, data)
jackknife("median", function(x) { x$w <- proportional(x$w, 2 * median(x$w)); mean_of(design_of("apiclus1", x)) }, data)
# With margins: rake, then the nearest weights under the cap that keep them. The cap is of the weight of one respondent,
# and without a PSU the others count n / (n - 1) times: the totals of the weights themselves are (n - 1) / n as large.
margins <- list(stype = c(E = 4421, H = 755, M = 1018), sch.wide = c(No = 1072, Yes = 5122))
totals <- c("(Intercept)" = 6194, stypeH = 755, stypeM = 1018, sch.wideYes = 5122)
capped <- function(x, cap) {
  totals <- totals * length(unique(x$dnum)) / length(unique(data$dnum))
  base <- design_of("apiclus1", x)
  raked <- calibrate(base, ~stype + sch.wide, totals, calfun = "raking", epsilon = 1e-13, maxit = 500)
  w <- as.vector(weights(raked))
  held <- calibrate(svydesign(id = ~dnum, weights = w, data = x), ~stype + sch.wide, totals, calfun = "raking",
                    bounds = list(lower = 0, upper = cap / w), epsilon = 1e-13, maxit = 500)
  as.vector(weights(held))
}
weights_of[["apiclus1 margins"]] <- capped(data, 90)
jackknife("margins", function(x) { x$w <- capped(x, 90); mean_of(design_of("apiclus1", x)) }, data)
write_json(list(R = R.version.string, survey = as.character(packageVersion("survey")), rows = rows, weights = weights_of),
           file.path(out, "trim.json"), digits = NA, auto_unbox = TRUE, na = "null")
