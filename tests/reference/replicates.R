# Replicate weights by R's survey package: Rscript replicates.R [output folder, default .]
# Writes replicates.json (every value at full precision) and data/replicate_*.csv (weights that R made).
suppressMessages({library(survey); library(jsonlite)})
out <- if (length(args <- commandArgs(trailingOnly = TRUE))) args[1] else "."
dir.create(file.path(out, "data"), showWarnings = FALSE, recursive = TRUE)
options(digits = 15, survey.lonely.psu = "fail", survey.replicates.mse = FALSE)
data(api); data(nhanes); data(fpc); data(scd); data(hospital)

exact <- function(x) formatC(x, digits = 17, format = "g", width = 1)
save_weights <- function(name, weights, beside = NULL) {
  frame <- as.data.frame(apply(as.matrix(weights), 2, exact)); names(frame) <- paste0("repw", seq_along(frame))
  if (!is.null(beside)) frame <- cbind(beside, frame)
  write.csv(frame, file.path(out, "data", paste0("replicate_", name, ".csv")), row.names = FALSE)
}
rows <- list()
add <- function(case, estimand, item, estimate, se, deff = NA, category = NA, by = NA, key = NA, df = NA, low = NA, high = NA)
  rows[[length(rows) + 1]] <<- list(case = case, estimand = estimand, item = item, category = category, by = by, key = key,
    estimate = estimate, se = se, deff = deff, df = df, low = low, high = high)
covariances <- list()
quietly <- function(x) suppressWarnings(x)

numeric_items <- function(case, design, items, by = NULL) {
  whole <- degf(design)
  for (item in items) for (estimand in c("mean", "total")) {
    f <- reformulate(item); fun <- if (estimand == "mean") svymean else svytotal
    m <- fun(f, design, na.rm = TRUE, deff = TRUE)
    reach <- qt(0.975, whole) * SE(m)[[1]]
    add(case, estimand, item, coef(m)[[1]], SE(m)[[1]], as.vector(deff(m))[[1]], df = whole,
        low = coef(m)[[1]] - reach, high = coef(m)[[1]] + reach)
    if (!is.null(by)) {
      b <- quietly(svyby(f, reformulate(by), design, fun, na.rm = TRUE, keep.names = FALSE))
      for (i in seq_len(nrow(b))) add(case, estimand, item, b[i, item], SE(b)[i], by = by, key = as.character(b[i, by]), df = whole)
    }
  }
  if (length(items) > 1 && !anyNA(design$variables[items])) {
    m <- svymean(reformulate(items), design, na.rm = TRUE)
    covariances[[length(covariances) + 1]] <<- list(case = case, items = items, covariance = unclass(vcov(m))[1:2, 1:2])
  }
}
ratios <- function(case, design, above, below, by = NULL) {
  r <- svyratio(reformulate(above), reformulate(below), design)
  add(case, "ratio", paste(above, "/", below), coef(r)[[1]], SE(r)[[1]], df = degf(design))
  if (!is.null(by)) {
    b <- svyby(reformulate(above), reformulate(by), design, svyratio, denominator = reformulate(below), keep.names = FALSE)
    for (i in seq_len(nrow(b))) add(case, "ratio", paste(above, "/", below), b[i, 2], SE(b)[i], by = by, key = as.character(b[i, by]), df = degf(design))
  }
}
shares <- function(case, design, item, by = NULL) {
  m <- svymean(reformulate(item), design, na.rm = TRUE)
  for (name in names(coef(m))) add(case, "proportion", item, coef(m)[[name]], SE(m)[[which(names(coef(m)) == name)]],
    category = substring(name, nchar(item) + 1), df = degf(design))
  if (!is.null(by)) {
    b <- quietly(svyby(reformulate(item), reformulate(by), design, svymean, na.rm = TRUE, keep.names = FALSE))
    k <- nlevels(design$variables[[item]])
    for (i in seq_len(nrow(b))) for (j in seq_len(k)) add(case, "proportion", item, b[i, 1 + j], as.matrix(SE(b))[i, j],
      category = levels(design$variables[[item]])[j], by = by, key = as.character(b[i, by]), df = degf(design))
  }
}
api_items <- c("api00", "enroll")

# scd, the textbook example of half-samples: factors by hand as in R's manual, and by Hadamard matrix
half <- 2 * cbind(c(1, 0, 1, 0, 1, 0), c(1, 0, 0, 1, 0, 1), c(0, 1, 1, 0, 0, 1), c(0, 1, 0, 1, 1, 0))
scd$w <- 1
for (mse in c(FALSE, TRUE)) {
  design <- quietly(svrepdesign(data = scd, type = "BRR", repweights = half, weights = ~w, combined.weights = FALSE, mse = mse))
  case <- paste0("scd, half-samples given, mse ", mse)
  numeric_items(case, design, c("alive", "arrests")); ratios(case, design, "alive", "arrests")
}
scd_design <- svydesign(data = scd, ids = ~ambulance, strata = ~ESA, nest = TRUE, weights = ~w)
design <- as.svrepdesign(scd_design, type = "BRR")
save_weights("scd", weights(design, "analysis"))
for (case in c("scd, BRR of R", "scd, BRR made")) numeric_items(case, design, c("alive", "arrests"))
ratios("scd, BRR of R", design, "alive", "arrests")
case <- "scd, JKn made"; design <- as.svrepdesign(scd_design, type = "JKn")
numeric_items(case, design, c("alive", "arrests")); ratios(case, design, "alive", "arrests")

# jackknives of the api data
of <- function(frame) { frame$sch.wide <- factor(frame$sch.wide); frame$stype <- factor(frame$stype); frame }
apiclus1 <- of(apiclus1); apistrat <- of(apistrat); apisrs <- of(apisrs); apiclus2 <- of(apiclus2)
clus1 <- svydesign(id = ~dnum, weights = ~pw, data = apiclus1); clus1_fpc <- svydesign(id = ~dnum, weights = ~pw, fpc = ~fpc, data = apiclus1)
for (mse in c(FALSE, TRUE)) {
  case <- paste0("apiclus1, JK1 made, mse ", mse)
  design <- as.svrepdesign(clus1, mse = mse)
  numeric_items(case, design, api_items, "stype"); shares(case, design, "stype", "sch.wide"); ratios(case, design, "api00", "enroll", "stype")
}
case <- "apiclus1, JK1 made, fpc"; jk1 <- design <- as.svrepdesign(clus1_fpc)
numeric_items(case, design, api_items, "sch.wide"); shares(case, design, "stype")
save_weights("jk1", weights(design, "analysis"))
case <- "apiclus1, JK1 given"
given <- quietly(svrepdesign(data = apiclus1, weights = ~pw, repweights = weights(design, "analysis"), type = "JK1"))
numeric_items(case, given, api_items, "stype"); shares(case, given, "stype", "sch.wide")
case <- "apiclus1, JK1 given, scale"
given <- svrepdesign(data = apiclus1, weights = ~pw, repweights = weights(design, "analysis"), type = "JK1", scale = design$scale, mse = TRUE)
numeric_items(case, given, api_items, "stype")
case <- "apiclus1, JK1 given as factors"
given <- quietly(svrepdesign(data = apiclus1, weights = ~pw, repweights = weights(design, "replication"), type = "JK1", combined.weights = FALSE))
numeric_items(case, given, api_items)
case <- "apiclus1, subset"; part <- subset(jk1, stype != "E")
numeric_items(case, part, api_items, "stype")

case <- "apisrs, JK1 made"; numeric_items(case, as.svrepdesign(svydesign(id = ~1, fpc = ~fpc, data = apisrs)), api_items, "stype")
strat <- svydesign(id = ~1, strata = ~stype, weights = ~pw, data = apistrat)
strat_fpc <- svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = apistrat)
case <- "apistrat, JKn made"; design <- as.svrepdesign(strat)
numeric_items(case, design, api_items, "sch.wide"); shares(case, design, "awards", "stype"); ratios(case, design, "api00", "enroll")
case <- "apistrat, JKn made, fpc"; design <- as.svrepdesign(strat_fpc)
numeric_items(case, design, api_items, "sch.wide"); shares(case, design, "awards", "stype"); ratios(case, design, "api00", "enroll")
case <- "apiclus2, JK1 made of two stages"
design <- quietly(as.svrepdesign(svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, data = apiclus2)))
numeric_items(case, design, api_items, "stype")
case <- "fpc, JKn made"; design <- as.svrepdesign(svydesign(id = ~psuid, strata = ~stratid, weights = ~weight, fpc = ~Nh, nest = TRUE, data = fpc))
numeric_items(case, design, "x", "stratid")

# JKn weights given, with rscales; and as factors, whose rscales follow
hospital_design <- svydesign(id = ~hospno, strata = ~oblevel, weights = ~weighta, fpc = ~tothosp, data = hospital)
design <- as.svrepdesign(hospital_design)
save_weights("jkn", weights(design, "analysis"))
case <- "hospital, JKn given"
given <- svrepdesign(data = hospital, weights = ~weighta, repweights = weights(design, "analysis"), type = "JKn", scale = 1, rscales = design$rscales)
numeric_items(case, given, "births", "oblevel")
case <- "hospital, JKn given as factors"
given <- quietly(svrepdesign(data = hospital, weights = ~weighta, repweights = weights(design, "replication"), type = "JKn", combined.weights = FALSE))
numeric_items(case, given, "births", "oblevel")
rscales_jkn <- design$rscales

# strata of one PSU
apilone <- rbind(apistrat[apistrat$stype != "H", ], apistrat[which(apistrat$stype == "H")[1], ])
apilone$fpc[apilone$stype == "H"] <- 755
for (rule in c("certainty", "average", "adjust")) {
  options(survey.lonely.psu = rule)
  design <- as.svrepdesign(svydesign(id = ~1, strata = ~stype, weights = ~pw, data = apilone), type = "JKn")
  numeric_items(paste0("lone, JKn made, ", rule), design, api_items, "sch.wide")
}
options(survey.lonely.psu = "fail")

# nhanes: strata of two PSUs alone for half-samples, Fay's method and JK2; all strata for JKn
nhanes$race <- factor(nhanes$race); levels(nhanes$agecat) <- c("0-19", "20-39", "40-59", "60+")
paired <- names(which(tapply(nhanes$SDMVPSU, nhanes$SDMVSTRA, function(x) length(unique(x))) == 2))
pairs <- nhanes[nhanes$SDMVSTRA %in% as.numeric(paired), ]
pairs_design <- svydesign(id = ~SDMVPSU, strata = ~SDMVSTRA, weights = ~WTMEC2YR, nest = TRUE, data = pairs)
by_psu <- function(name, design) {
  first <- !duplicated(pairs[c("SDMVSTRA", "SDMVPSU")])
  save_weights(name, weights(design, "replication")[first, ], pairs[first, c("SDMVSTRA", "SDMVPSU")])
}
brr <- as.svrepdesign(pairs_design, type = "BRR"); fay <- as.svrepdesign(pairs_design, type = "Fay", fay.rho = 0.3)
by_psu("brr", brr); by_psu("fay", fay)
jk2 <- sapply(seq_along(paired), function(i) {
  here <- pairs$SDMVSTRA == as.numeric(paired[i]); ifelse(here, ifelse(pairs$SDMVPSU == min(pairs$SDMVPSU[here]), 2, 0), 1)
})
jk2 <- quietly(svrepdesign(data = pairs, weights = ~WTMEC2YR, repweights = jk2, type = "JK2", combined.weights = FALSE))
by_psu("jk2", jk2)
for (case in c("nhanes, BRR of R", "nhanes, Fay of R", "nhanes, JK2 given")) {
  design <- switch(case, "nhanes, BRR of R" = brr, "nhanes, Fay of R" = fay, jk2)
  numeric_items(case, design, "HI_CHOL", "agecat"); shares(case, design, "race", "RIAGENDR")
}
case <- "nhanes, JKn made"
design <- as.svrepdesign(svydesign(id = ~SDMVPSU, strata = ~SDMVSTRA, weights = ~WTMEC2YR, nest = TRUE, data = nhanes))
numeric_items(case, design, "HI_CHOL", "agecat"); shares(case, design, "race")
# the total of rows without missing values is linear, so balance gives the same error whatever the Hadamard matrix
case <- "nhanes, BRR made"; t <- svytotal(~race, brr)
for (i in 1:4) add(case, "total", paste0("race", i), coef(t)[[i]], SE(t)[[i]], df = degf(brr))
case <- "nhanes, Fay made"; t <- svytotal(~race, fay)
for (i in 1:4) add(case, "total", paste0("race", i), coef(t)[[i]], SE(t)[[i]], df = degf(fay))

# bootstraps drawn by R, one with a group that is missing from some replicates
set.seed(20240)
design <- as.svrepdesign(clus1_fpc, type = "bootstrap", replicates = 40); save_weights("bootstrap", weights(design, "analysis"))
bootstrap_scale <- design$scale
for (mse in c(FALSE, TRUE)) {
  case <- paste0("apiclus1, bootstrap of R, mse ", mse)
  given <- svrepdesign(data = apiclus1, weights = ~pw, repweights = weights(design, "analysis"), type = "bootstrap", scale = bootstrap_scale, mse = mse)
  given <- update(given, few = factor(ifelse(dnum %in% c(135, 178), "few", "many")))
  numeric_items(case, given, api_items, "few"); shares(case, given, "stype", "few"); ratios(case, given, "api00", "enroll")
}
case <- "apiclus1, bootstrap given"
given <- svrepdesign(data = apiclus1, weights = ~pw, repweights = weights(design, "analysis"), type = "bootstrap")
numeric_items(case, given, api_items, "stype")
case <- "apiclus1, other given"
given <- svrepdesign(data = apiclus1, weights = ~pw, repweights = weights(design, "analysis"), type = "other", scale = 0.5, rscales = seq(0, 0.039, 0.001))
numeric_items(case, given, api_items, "stype")
set.seed(20241)
design <- as.svrepdesign(svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, data = apiclus2), type = "mrbbootstrap", replicates = 30)
save_weights("mrb", weights(design, "analysis")); numeric_items("apiclus2, mrb of R", design, api_items)

# successive differences of the first 50 schools, by a Hadamard matrix of R
ordered <- apisrs[1:50, ]; H <- 2 * hadamard(51) - 1; H <- H * H[, 1]; H <- t(t(H) * H[1, ])
factor_of <- 1 + 2^-1.5 * (H[2:51, ] - H[c(3:51, 2), ])
save_weights("sdr", factor_of * ordered$pw)
for (mse in c(FALSE, TRUE)) {
  case <- paste0("apisrs, successive differences given, mse ", mse)
  given <- svrepdesign(data = ordered, weights = ~pw, repweights = factor_of * ordered$pw, type = "ACS", mse = mse)
  numeric_items(case, given, api_items, "stype"); shares(case, given, "awards")
}

# raked on every replicate
targets <- list(data.frame(stype = c("E", "H", "M"), Freq = c(4421, 755, 1018)), data.frame(sch.wide = c("No", "Yes"), Freq = c(1072, 5122)))
raked <- function(design) rake(design, list(~stype, ~sch.wide), targets, control = list(maxit = 5000, epsilon = 1e-13, verbose = FALSE))
numeric_raked <- function(case, design, items, by) {  # the df of R after a rake is the rank of the raked weights
  whole <- degf(design); design <- quietly(raked(design)); design$degf <- whole; numeric_items(case, design, items, by)
}
numeric_raked("apiclus1, JK1 made, raked", as.svrepdesign(clus1), api_items, "awards")
numeric_raked("apistrat, JKn made, raked", as.svrepdesign(strat_fpc), api_items, "awards")
numeric_raked("apiclus1, bootstrap of R, raked", svrepdesign(data = apiclus1, weights = ~pw, repweights = as.matrix(read.csv(
  file.path(out, "data", "replicate_bootstrap.csv"))), type = "bootstrap"), api_items, "awards")

# parts of the sample by subset(), with the degrees of freedom of their own replicate weights
parts <- list()
part_of <- function(case, design, by, key, item = "api00", hit = "awards") {
  one <- design[which(as.character(design$variables[[by]]) == key), ]
  one <- update(one, .hit = as.numeric(as.character(one$variables[[hit]]) == "Yes"))
  m <- svymean(reformulate(item), one); s <- svymean(~.hit, one); reach <- qt(0.975, degf(one)) * SE(m)[[1]]
  beta <- attr(svyciprop(~.hit, one, method = "beta"), "ci"); asin <- attr(svyciprop(~.hit, one, method = "asin"), "ci")
  parts[[length(parts) + 1]] <<- list(case = case, by = by, key = key, item = item, hit = hit, df = degf(one),
    estimate = coef(m)[[1]], se = SE(m)[[1]], low = coef(m)[[1]] - reach, high = coef(m)[[1]] + reach,
    share = coef(s)[[1]], beta_low = beta[[1]], beta_high = beta[[2]], asin_low = asin[[1]], asin_high = asin[[2]])
}
for (key in c("E", "H", "M")) {
  part_of("apiclus1, JK1 made, mse FALSE", as.svrepdesign(clus1), "stype", key)
  part_of("apistrat, JKn made", as.svrepdesign(strat), "stype", key)
  part_of("apiclus1, bootstrap given", svrepdesign(data = apiclus1, weights = ~pw, repweights = as.matrix(read.csv(
    file.path(out, "data", "replicate_bootstrap.csv"))), type = "bootstrap"), "stype", key)
}
part_of("apistrat, JKn made", as.svrepdesign(strat), "sch.wide", "Yes")  # nobody of the others has an award

write_json(list(R = R.version.string, survey = as.character(packageVersion("survey")), rscales_jkn = rscales_jkn,
  bootstrap_scale = bootstrap_scale, rows = rows, covariances = covariances, parts = parts),
  file.path(out, "replicates.json"), auto_unbox = TRUE, digits = NA, na = "null", pretty = TRUE)
