# Raking, bounded raking and poststratification in R: Rscript raking.R [output folder, default .]
# Reads data/apiclus1.csv, data/apistrat.csv and data/apiclus2.csv; writes raking.json.
# calibrate() needs the package MASS (r-cran-mass).
suppressMessages({library(survey); library(jsonlite)})
out <- if (length(args <- commandArgs(trailingOnly = TRUE))) args[1] else "."
here <- if (length(args) > 1) args[2] else "data"
options(digits = 15)
tables <- list(stype = c(E = 4421, H = 755, M = 1018), sch.wide = c(No = 1072, Yes = 5122), awards = c(No = 2027, Yes = 4167))
joint <- data.frame(stype = rep(c("E", "H", "M"), 2), awards = rep(c("No", "Yes"), each = 3), Freq = c(1200, 420, 407, 3221, 335, 611))
tables$both_of <- setNames(joint$Freq, paste0(joint$stype, joint$awards))
joined <- data.frame(thin = c("E", "HNo", "HYes", "MNo", "MYes"), Freq = c(4421, 420, 335, 407, 611))
population <- function(name) setNames(data.frame(names(tables[[name]]), as.vector(tables[[name]])), c(name, "Freq"))
rows <- list(); weights_of <- list()
add <- function(case, estimand, item, m, key = NA)
  rows[[length(rows) + 1]] <<- list(case = case, estimand = estimand, item = item, key = key, estimate = m[1], se = m[2])
emit <- function(case, design, by = "both") {
  for (item in c("api00", "enroll")) {
    f <- reformulate(item)
    m <- svymean(f, design, na.rm = TRUE); add(case, "mean", item, c(coef(m), SE(m)))
    m <- svytotal(f, design, na.rm = TRUE); add(case, "total", item, c(coef(m), SE(m)))
    b <- svyby(f, ~both, design, svymean, na.rm = TRUE, keep.names = FALSE)
    for (i in seq_len(nrow(b))) add(case, "mean", item, c(b[i, item], SE(b)[i]), as.character(b$both[i]))
  }
  weights_of[[case]] <<- as.vector(weights(design))
}
# Residuals on the margins with the calibrated weights: the projection itself, where rake() sweeps ten times
exact <- function(case, design, margins) {
  w <- as.vector(weights(design))
  x <- do.call(cbind, lapply(margins, function(n) outer(design$variables[[n]], names(tables[[n]]), "==") + 0))
  project <- function(z) { root <- sqrt(w); root * qr.resid(qr(root * x, tol = 1e-12), z / root) }
  plain <- design; plain$postStrata <- NULL
  se <- function(z) sqrt(survey:::svyrecvar(matrix(project(z)), plain$cluster, plain$strata, plain$fpc)[1, 1])
  ratio <- function(y, use) { y[!use] <- 0; m <- sum(w * y) / sum(w[use]); c(m, se(w * (y - m) * use / sum(w[use]))) }
  for (item in c("api00", "enroll")) {
    y <- design$variables[[item]]; known <- !is.na(y); filled <- ifelse(known, y, 0)
    add(case, "mean", item, ratio(filled, known)); add(case, "total", item, c(sum(w * filled), se(w * filled)))
    for (key in levels(factor(design$variables$both)))
      add(case, "mean", item, ratio(filled, known & design$variables$both == key), key)
  }
  weights_of[[case]] <<- w
}
tight <- list(maxit = 1000, epsilon = 1e-11)
for (name in c("apiclus1", "apistrat", "apiclus2")) {
  data <- read.csv(file.path(here, paste0(name, ".csv")))
  base <- switch(name,
    apiclus1 = svydesign(id = ~dnum, weights = ~pw, fpc = ~fpc, data = data),
    apistrat = svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = data),
    apiclus2 = svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, data = data))
  base <- update(base, both = comp.imp, both_of = paste0(stype, awards))
  margins <- c("stype", "sch.wide", "awards")
  raked <- rake(base, lapply(margins, reformulate), lapply(margins, population), control = tight)
  emit(paste(name, "rake"), raked)
  exact(paste(name, "exact"), raked, margins)
  emit(paste(name, "poststratify"), postStratify(base, ~stype, population("stype")))
  # Joint cells: those of stype by awards, and their sums by stype beside sch.wide
  emit(paste(name, "cells"), postStratify(base, ~stype + awards, joint))
  exact(paste(name, "joint"), rake(base, list(~stype + awards, ~sch.wide), list(joint, population("sch.wide")), control = tight),
        c("both_of", "sch.wide"))
  # Elementary schools with and without awards as one cell
  base <- update(base, thin = ifelse(stype == "E", "E", paste0(stype, awards)))
  emit(paste(name, "joined"), postStratify(base, ~thin, joined))
  # The same on replicates, each poststratified and raked itself
  replicated <- as.svrepdesign(base, type = if (name == "apistrat") "JKn" else "JK1")
  emit(paste(name, "cells replicated"), postStratify(replicated, ~stype + awards, joint))
  emit(paste(name, "joint replicated"), rake(replicated, list(~stype + awards, ~sch.wide), list(joint, population("sch.wide")), control = tight))
  total <- sum(weights(base)); scale <- total / 6194
  totals <- setNames(c(total, tables$stype[2:3] * scale, tables$sch.wide[2] * scale, tables$awards[2] * scale),
                     c("(Intercept)", "stypeH", "stypeM", "sch.wideYes", "awardsYes"))
  bounds <- switch(name, apiclus1 = c(0.85, 1.8), apistrat = c(0.2, 1.07), apiclus2 = c(0.2, 1.41))
  emit(paste(name, "bounded"), calibrate(base, ~stype + sch.wide + awards, totals, calfun = "raking", bounds = bounds, epsilon = 1e-11, maxit = 1000))
  rows[[length(rows) + 1]] <- list(case = paste(name, "bounds"), estimand = "bounds", item = "", key = NA, estimate = bounds[1], se = bounds[2])
}
write_json(list(R = R.version.string, survey = as.character(packageVersion("survey")), rows = rows, weights = weights_of),
           file.path(out, "raking.json"), digits = NA, auto_unbox = TRUE, na = "null")
