# Intervals of proportions by R's survey package: Rscript intervals.R [output folder, default .]
# Writes intervals.json (every value at full precision). Data: data/*.csv of survey.R, which are the package's own.
suppressMessages({library(survey); library(jsonlite)})
out <- if (length(args <- commandArgs(trailingOnly = TRUE))) args[1] else "."
options(digits = 15, survey.lonely.psu = "fail", survey.adjust.domain.lonely = FALSE)
data(api); data(nhanes)
rows <- list()
add <- function(...) rows[[length(rows) + 1]] <<- list(...)

# svyciprop(method = "likelihood") reads the ends off a spline through ten points of the profile (five digits); these are
# the ends it stands for: 2 m KL(p, q) = t^2 n / (n - 1), m = p (1 - p) / se^2, dispersion n / (n - 1) as summary(svyglm)
likelihood <- function(p, se, n, df, level) {
  target <- (qt(1 - (1 - level) / 2, df) * se)^2 / (p * (1 - p)) * n / (n - 1) / 2
  g <- function(e) { q <- plogis(e); p * log(p / q) + (1 - p) * (log1p(-p) - plogis(e, lower.tail = FALSE, log.p = TRUE)) - target }
  plogis(c(uniroot(g, c(qlogis(p) - 200, qlogis(p)), tol = 1e-15, maxiter = 10000)$root,
           uniroot(g, c(qlogis(p), qlogis(p) + 200), tol = 1e-15, maxiter = 10000)$root))
}
# R's survey has no wilson in 4.1-1: the score interval in closed form, with t on n - 1 at the size of method = "beta"
wilson <- function(p, se, n, df, level) {
  t <- function(d) qt(1 - (1 - level) / 2, d)
  m <- p * (1 - p) / se^2 * (t(n - 1) / t(df))^2; k <- t(n - 1)^2
  (p + k / (2 * m) + c(-1, 1) * sqrt(k) * sqrt(p * (1 - p) / m + k / (4 * m^2))) / (1 + k / m)
}
shares <- function(case, design, item, by = NA, key = NA, levels = 0.95, whole = degf(design)) {
  for (category in sort(unique(as.character(design$variables[[item]])))) {
    one <- eval(bquote(update(design, .hit = as.numeric(as.character(.(as.name(item))) == .(category)))))
    one <- one[!is.na(one$variables$.hit), ]
    hits <- sum(one$variables$.hit); misses <- nrow(one) - hits
    if (min(hits, misses) < 2) next
    m <- svymean(~.hit, one); p <- coef(m)[[1]]; se <- SE(m)[[1]]; n <- nrow(one); own <- degf(one)
    for (level in levels) {
      put <- function(interval, ci, r = c(NA, NA)) add(case = case, item = item, category = category, by = by, key = key, level = level, n = n,
        df = whole, estimate = p, se = se, interval = interval, low = ci[[1]], high = ci[[2]], r_low = r[[1]], r_high = r[[2]])
      for (method in c("mean", "asin", "xlogit", "logit")) put(method, attr(svyciprop(~.hit, one, method = method, level = level, df = whole), "ci"))
      put("likelihood", likelihood(p, se, n, whole, level), attr(svyciprop(~.hit, one, method = "likelihood", level = level, df = whole), "ci"))
      if (own > 0) { put("beta", attr(svyciprop(~.hit, one, method = "beta", level = level), "ci")); put("wilson", wilson(p, se, n, own, level)) }
    }
  }
}
by_group <- function(case, design, item, by) for (key in sort(unique(as.character(design$variables[[by]]))))
  shares(case, design[which(as.character(design$variables[[by]]) == key), ], item, by, key, whole = degf(design))

srs <- svydesign(id = ~1, fpc = ~fpc, data = apisrs)
strat <- svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = apistrat)
strat_wr <- svydesign(id = ~1, strata = ~stype, weights = ~pw, data = apistrat)
clus1 <- svydesign(id = ~dnum, weights = ~pw, fpc = ~fpc, data = apiclus1)
clus2 <- svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, data = apiclus2)
health <- nhanes; levels(health$agecat) <- c("0-19", "20-39", "40-59", "60+")
nh <- svydesign(id = ~SDMVPSU, strata = ~SDMVSTRA, weights = ~WTMEC2YR, nest = TRUE, data = health)

shares("srs", srs, "stype"); shares("srs", srs, "awards", levels = c(0.9, 0.99))
shares("strata", strat, "awards"); shares("strata", strat, "comp.imp"); by_group("strata", strat, "sch.wide", "stype")
shares("strata, with replacement", strat_wr, "awards", levels = c(0.5, 0.95)); by_group("strata, with replacement", strat_wr, "awards", "stype")
shares("clusters", clus1, "stype"); by_group("clusters", clus1, "awards", "stype")
shares("two stages", clus2, "awards"); shares("two stages", clus2, "stype"); by_group("two stages", clus2, "comp.imp", "stype")
shares("nhanes", nh, "HI_CHOL"); shares("nhanes", nh, "race"); by_group("nhanes", nh, "HI_CHOL", "agecat")

# replicates: logit rests on the log odds of every replicate, xlogit on the variance of the share
jk1 <- as.svrepdesign(svydesign(id = ~dnum, weights = ~pw, data = apiclus1), type = "JK1")
jkn <- as.svrepdesign(strat_wr, type = "JKn")
replicated <- function(case, design, item) for (category in sort(unique(as.character(design$variables[[item]])))) {
  one <- eval(bquote(update(design, .hit = as.numeric(as.character(.(as.name(item))) == .(category)))))
  m <- svymean(~.hit, one)
  for (method in c("mean", "asin", "xlogit", "logit", "beta")) {
    ci <- attr(svyciprop(~.hit, one, method = method), "ci")
    add(case = case, item = item, category = category, by = NA, key = NA, level = 0.95, n = nrow(one), df = degf(one),
      estimate = coef(m)[[1]], se = SE(m)[[1]], interval = method, low = ci[[1]], high = ci[[2]], r_low = NA, r_high = NA)
  }
}
for (item in c("stype", "awards")) replicated("JK1", jk1, item)
for (item in c("sch.wide", "awards")) replicated("JKn", jkn, item)

write_json(list(r = R.version.string, survey = as.character(packageVersion("survey")), rows = rows),
  file.path(out, "intervals.json"), digits = NA, auto_unbox = TRUE, na = "null", pretty = FALSE)
cat(length(rows), "rows\n")
