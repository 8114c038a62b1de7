# A recipe of three steps, replayed on every replicate, in R: Rscript recipe.R [output folder, default .] [data, default data]
# Nonresponse within classes, raking (held to survey's own rake), trimming with the trimmed weight given to the others of the
# class in proportion. Reads data/apiclus1.csv, apistrat.csv, nhanes.csv and replicate weights; writes recipe.json.
suppressMessages({library(survey); library(jsonlite)})
out <- if (length(args <- commandArgs(trailingOnly = TRUE))) args[1] else "."
here <- if (length(args) > 1) args[2] else "data"
options(digits = 15)
read <- function(name) read.csv(file.path(here, paste0(name, ".csv")), stringsAsFactors = FALSE)
rows <- list(); weights_of <- list()
add <- function(case, estimand, item, m) {
  rows[[length(rows) + 1]] <<- list(case = case, estimand = estimand, item = item, estimate = coef(m)[[1]], se = SE(m)[[1]])
}
# w: weight of one respondent, f: how often it counts
adjusted <- function(w, f, responded, class) {
  factor <- tapply(w * f, class, sum) / tapply(w * f * responded, class, sum)
  ifelse(responded, w * factor[class], 0)
}
# factors of the cells that two margins cross to, by R's iterative proportional fitting; of the whole sample they are those
# of survey's own rake, which takes a second for every ten replicates
raked <- function(w, f, data, margins) {
  of <- lapply(names(margins), function(n) factor(data[[n]], names(margins[[n]])))
  sums <- xtabs(w * f ~ of[[1]] + of[[2]])
  wanted <- outer(margins[[1]], margins[[2]]) / sum(margins[[1]])
  fit <- loglin(wanted, list(1, 2), start = sums, fit = TRUE, eps = 1e-12 * sum(wanted), iter = 2000, print = FALSE)$fit
  factor <- ifelse(sums > 0, fit / sums, 0)
  after <- w * factor[cbind(as.integer(of[[1]]), as.integer(of[[2]]))]
  if (all(f == 1)) stopifnot(all.equal(after[w > 0], raked_by_survey(w[w > 0], data[w > 0, ], margins), tolerance = 1e-10))
  after
}
raked_by_survey <- function(w, data, margins) {
  design <- svydesign(id = ~1, weights = ~v, data = cbind(data, v = w))
  population <- lapply(names(margins), function(n) setNames(data.frame(names(margins[[n]]), as.vector(margins[[n]])), c(n, "Freq")))
  as.vector(weights(rake(design, lapply(names(margins), reformulate), population, control = list(maxit = 2000, epsilon = 1e-11))))
}
trimmed <- function(w, f, cap) {
  if (cap == Inf) return(w)
  total <- sum(w * f); factor <- 1
  repeat {
    over <- w * factor > cap
    new <- (total - sum(f[over]) * cap) / sum((w * f)[!over])
    if (abs(new - factor) < 1e-15) break
    factor <- new
  }
  pmin(cap, w * factor)
}
recipe <- function(data, w, f, cap) {
  w <- adjusted(w, f, data$responded, data$class)
  w <- raked(w, f, data, data_margins)
  trimmed(w, f, cap)
}
emit <- function(case, data, w, frequencies, cap, items, ...) {
  final <- recipe(data, w, rep(1, length(w)), cap)
  made <- apply(frequencies, 2, function(f) recipe(data, w, f, cap) * f)
  design <- svrepdesign(data = data, weights = final, repweights = made, combined.weights = TRUE, ...)
  for (item in items) { add(case, "mean", item, svymean(reformulate(item), design, na.rm = TRUE)); add(case, "total", item, svytotal(reformulate(item), design, na.rm = TRUE)) }
  weights_of[[case]] <<- head(as.vector(final), 300); weights_of[[paste(case, "replicate 2")]] <<- head(as.vector(made[, 2]), 300)
}
api <- function(name) { d <- read(name); d$responded <- d$api99 %% 4 != 1; d$class <- d$sch.wide; d }
data_margins <- list(sch.wide = c(No = 1072, Yes = 5122), awards = c(No = 2027, Yes = 4167))
for (cap in c(Inf, 75)) {
  d <- api("apiclus1"); n <- length(unique(d$dnum))
  left <- sapply(sort(unique(d$dnum)), function(u) ifelse(d$dnum == u, 0, n / (n - 1)))
  emit(paste("apiclus1 JK1", if (cap < Inf) "trimmed" else "untrimmed"), d, d$pw, left, cap, c("api00", "enroll"), type = "JK1", scale = (n - 1) / n, rscales = rep(1, n), mse = FALSE)
  given <- as.matrix(read("replicate_bootstrap")) / d$pw
  emit(paste("apiclus1 bootstrap", if (cap < Inf) "trimmed" else "untrimmed"), d, d$pw, given, cap, c("api00", "enroll"), type = "bootstrap", scale = 1 / (ncol(given) - 1), rscales = rep(1, ncol(given)), mse = FALSE)
}
d <- api("apistrat"); sizes <- table(d$stype)
left <- sapply(seq_len(nrow(d)), function(i) { h <- d$stype[i]; n <- sizes[[h]]; f <- ifelse(d$stype == h, n / (n - 1), 1); f[i] <- 0; f })
emit("apistrat JKn", d, d$pw, left, Inf, c("api00", "enroll"), type = "JKn", scale = 1, rscales = as.vector((sizes[d$stype] - 1) / sizes[d$stype]), mse = FALSE)
d <- read("nhanes"); pairs <- tapply(d$SDMVPSU, d$SDMVSTRA, function(x) length(unique(x))) == 2
d <- d[as.character(d$SDMVSTRA) %in% names(which(pairs)), ]; d$responded <- !is.na(d$HI_CHOL); d$class <- as.character(d$race); d$race <- as.character(d$race); d$RIAGENDR <- as.character(d$RIAGENDR)
data_margins <- list(race = c("1" = 0.15, "2" = 0.65, "3" = 0.12, "4" = 0.08) * 2.8e8, RIAGENDR = c("1" = 0.49, "2" = 0.51) * 2.8e8)
for (method in c("fay", "brr")) {
  pattern <- read(paste0("replicate_", method))
  place <- match(paste(d$SDMVSTRA, d$SDMVPSU), paste(pattern$SDMVSTRA, pattern$SDMVPSU))
  factors <- as.matrix(pattern[, -(1:2)])[place, ]
  emit(paste("nhanes", method), d, d$WTMEC2YR, factors, Inf, "HI_CHOL", type = "other", scale = (if (method == "fay") 1 / 0.7^2 else 1) / ncol(factors), rscales = rep(1, ncol(factors)), mse = FALSE)
}
write(toJSON(list(survey = as.character(packageVersion("survey")), rows = rows, weights = weights_of), digits = NA, auto_unbox = TRUE), file.path(out, "recipe.json"))
