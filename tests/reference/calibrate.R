# Calibration in R: Rscript calibrate.R [output folder, default .] [data folder, default data]
# Reads apiclus1.csv, apistrat.csv, apiclus2.csv and apiclus1_replicates.csv; writes calibrate.json.
# calibrate() needs the package MASS (r-cran-mass). Totals are those of apipop, the population of schools.
suppressMessages({library(survey); library(jsonlite)})
out <- if (length(args <- commandArgs(trailingOnly = TRUE))) args[1] else "."
here <- if (length(args) > 1) args[2] else "data"
options(digits = 15)
known <- c("(Intercept)" = 6194, stypeH = 755, stypeM = 1018, sch.wideYes = 5122, awardsYes = 4167, api99 = 3914069)
rows <- list(); weights_of <- list(); bounds_of <- list()
add <- function(case, estimand, item, m, key = NA)
  rows[[length(rows) + 1]] <<- list(case = case, estimand = estimand, item = item, key = key, estimate = m[1], se = m[2])
emit <- function(case, design, errors = TRUE) {
  if (errors) for (item in c("api00", "enroll")) {
    f <- reformulate(item)
    m <- svymean(f, design, na.rm = TRUE); add(case, "mean", item, c(coef(m), SE(m)))
    m <- svytotal(f, design, na.rm = TRUE); add(case, "total", item, c(coef(m), SE(m)))
    b <- svyby(f, ~both, design, svymean, na.rm = TRUE, keep.names = FALSE)
    for (i in seq_len(nrow(b))) add(case, "mean", item, c(b[i, item], SE(b)[i]), as.character(b$both[i]))
  }
  weights_of[[case]] <<- as.vector(weights(design, "sampling"))
}
totals <- function(formula, design) known[colnames(model.matrix(formula, model.frame(design)))]
fit <- function(design, formula, ...)
  calibrate(design, formula, totals(formula, design), ..., epsilon = 1e-12, maxit = 1000)
mixed <- ~stype + api99
categories <- ~stype + sch.wide + awards
for (name in c("apiclus1", "apistrat", "apiclus2")) {
  data <- read.csv(file.path(here, paste0(name, ".csv")))
  base <- switch(name,
    apiclus1 = svydesign(id = ~dnum, weights = ~pw, fpc = ~fpc, data = data),
    apistrat = svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = data),
    apiclus2 = svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, data = data))
  base <- update(base, both = comp.imp, root = sqrt(ifelse(is.na(enroll), 500, enroll)))
  for (calfun in c("linear", "raking")) {
    emit(paste(name, "mixed", calfun), fit(base, mixed, calfun = calfun))
    emit(paste(name, "categories", calfun), fit(base, categories, calfun = calfun))
    # costs: R leaves them out of the residuals of all distances but the linear one
    emit(paste(name, "cost", calfun), fit(base, mixed, calfun = calfun, variance = base$variables$root),
         errors = calfun == "linear")
  }
  bounds <- switch(name, apiclus1 = c(0.7, 1.8), apistrat = c(0.967, 1.035), apiclus2 = c(0.9, 1.45))
  # all three bind, but the logit distance, which never reaches them
  for (calfun in c("linear", "raking", "logit")) {
    case <- paste(name, "bounded", calfun); bounds_of[[case]] <- bounds
    emit(case, fit(base, mixed, calfun = calfun, bounds = bounds))
  }
  bounds <- switch(name, apiclus1 = c(24, 58), apistrat = c(14.7, 45.4), apiclus2 = c(17, 385))
  for (calfun in c("linear", "raking")) {
    case <- paste(name, "weights", calfun); bounds_of[[case]] <- bounds
    emit(case, fit(base, mixed, calfun = calfun, bounds = bounds, bounds.const = TRUE))
  }
}
wave <- read.csv(file.path(here, "apiclus1_replicates.csv"))
wave$both <- wave$sch.wide
given <- list(
  jackknife = svrepdesign(data = wave, weights = ~pw, repweights = "jk[0-9]+", type = "JK1", scale = 14 / 15, combined.weights = TRUE),
  bootstrap = svrepdesign(data = wave, weights = ~pw, repweights = "bs[0-9]+", type = "bootstrap", combined.weights = TRUE))
strat <- read.csv(file.path(here, "apistrat.csv"))
strat <- svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = transform(strat, both = comp.imp))
given$strata <- as.svrepdesign(strat, type = "JKn")
for (name in names(given)) {
  emit(paste(name, "linear"), fit(given[[name]], mixed, calfun = "linear", compress = FALSE))
  emit(paste(name, "raking"), fit(given[[name]], mixed, calfun = "raking", compress = FALSE))
  bounds <- switch(name, jackknife = c(0.3, 2.5), bootstrap = c(0.1, 8), strata = c(0.95, 1.06))
  case <- paste(name, "bounded"); bounds_of[[case]] <- bounds
  emit(case, fit(given[[name]], if (name == "bootstrap") ~api99 else mixed, calfun = "linear", bounds = bounds, compress = FALSE))
}
write_json(list(R = R.version.string, survey = as.character(packageVersion("survey")), rows = rows,
                weights = weights_of, bounds = bounds_of),
           file.path(out, "calibrate.json"), digits = NA, auto_unbox = TRUE, na = "null")
