# Reference values for analysis/comparing: Rscript tests/reference/comparison.R > tests/reference/comparison.json
# Base R for every formula; package survey for the joint covariance of two bounds of one sample.
suppressMessages(library(survey))
library(jsonlite)
options(digits = 17)

# --- the published error -------------------------------------------------------------------------------------------
logit_ends <- function(p, se, df, level) plogis(qlogis(p) + c(-1, 1) * qt(1 - (1 - level) / 2, df) * se / (p * (1 - p)))
from_n <- function(p, n, deff, unit, level) {
  se <- sqrt(deff * p * (1 - p) / n + unit^2 / 12)
  ends <- logit_ends(p, se, n - 1, level)
  list(p = p, n = n, deff = deff, unit = unit, level = level, se = se, low = ends[1], high = ends[2])
}
from_moe <- function(p, moe, moe_level, unit, level) {
  se <- sqrt((moe / qnorm(0.5 + moe_level / 2))^2 * 4 * p * (1 - p) + unit^2 / 12)
  ends <- logit_ends(p, se, Inf, level)
  list(p = p, moe = moe, moe_level = moe_level, unit = unit, level = level, se = se, low = ends[1], high = ends[2])
}
from_interval <- function(p, lower, upper, interval_level, unit, level) {
  se <- sqrt(((upper - lower) / (2 * qnorm(0.5 + interval_level / 2)))^2 + unit^2 / 12)
  ends <- logit_ends(p, se, Inf, level)
  list(p = p, lower = lower, upper = upper, interval_level = interval_level, unit = unit, level = level, se = se,
       low = ends[1], high = ends[2])
}

# Clopper and Pearson's end with the effective number of interviews.
at_end <- function(value, n, deff, level) {
  reach <- qbeta(1 - (1 - level) / 2, 1, n / deff)
  list(value = value, n = n, deff = deff, level = level, low = if (value == 0) 0 else 1 - reach,
       high = if (value == 0) reach else 1)
}

# --- the difference of two sides, with known variance added --------------------------------------------------------
pair <- function(new, pub, extra) {
  v <- new$se^2 + pub$se^2 + extra
  df <- v^2 / (new$se^4 / new$df + pub$se^4 / pub$df)
  list(d = new$value - pub$value, se = sqrt(v), df = df)
}
# Never shorter than with a part of the error left out: the other side's, the known variance, or both.
with_less <- function(new, pub, extra) {
  nothing <- function(one) list(value = one$value, se = 0, df = Inf)
  sides <- list(list(new, pub), list(new, nothing(pub)), list(nothing(new), pub))
  pairs <- lapply(sides, function(two) lapply(c(extra, 0), function(e) pair(two[[1]], two[[2]], e)))
  unlist(pairs, recursive = FALSE)
}
reach <- function(new, pub, extra, probability) {
  max(sapply(with_less(new, pub, extra), function(k) qt(probability, k$df) * k$se))
}
tail_of <- function(new, pub, extra, distance) {
  max(sapply(with_less(new, pub, extra), function(k) pt(distance / k$se, k$df, lower.tail = FALSE)))
}
difference <- function(new, pub, extra, margin, level) {
  k <- pair(new, pub, extra)
  alpha <- 1 - level
  half <- reach(new, pub, extra, 1 - alpha / 2)
  mdd <- half + reach(new, pub, extra, 0.8)
  room <- margin - abs(k$d)
  list(new = new, published = pub, extra = extra, margin = margin, level = level, difference = k$d, df = k$df,
       low = k$d - half, high = k$d + half, p = 2 * tail_of(new, pub, extra, abs(k$d)),
       p_equivalence = if (room >= 0) tail_of(new, pub, extra, room) else pt(-room / k$se, k$df),
       minimum_detectable = mdd,
       # the power that the minimum detectable difference has by the noncentral t distribution
       power = pt(half / k$se, k$df, ncp = mdd / k$se, lower.tail = FALSE) + pt(-half / k$se, k$df, ncp = mdd / k$se))
}
side <- function(value, se, df) list(value = value, se = se, df = df)
differences <- list(
  difference(side(0.684, 0.017, 300), side(0.77, 0.0153, 1172), 0, 0.05, 0.95),
  difference(side(0.684, 0.017, 300), side(0.77, 0.0153, 1172), 2 * 0.03^2, 0.05, 0.95),
  difference(side(0.512, 0.008, 60), side(0.50, 0.0102, 2208), 0, 0.05, 0.90),
  difference(side(3.62, 0.041, 45), side(3.50, 0.033, 999), 2 * 0.05^2, 0.2, 0.99),
  difference(side(0.44, 0.02, 25), side(0.40, 0.012, 500), 0, 0.05, 0.95),
  difference(side(0.68, 0.02, 2), side(0.60, 0.015, 1000), 0, 0.05, 0.95),
  difference(side(0.68, 0.02, 2), side(0.60, 0.015, 1000), 2 * 0.01^2, 0.05, 0.95),
  difference(side(0.61, 0.02, 3), side(0.60, 0.015, 400), 2 * 0.03^2, 0.08, 0.99)
)

# power.t.test, two samples of one size: its difference for 80% power beside ours
two <- power.t.test(n = 400, sd = 0.5, power = 0.8, strict = TRUE)
power_t_test <- list(n = 400, sd = 0.5, delta = two$delta)

# --- two one-sided tests: size at the margin and power at no difference, errors known ------------------------------
tost <- function(se, margin, truth, level) {
  reach <- margin - qnorm(level) * se
  list(se = se, margin = margin, truth = truth, level = level,
       claimed = if (reach > 0) pnorm((reach - truth) / se) - pnorm((-reach - truth) / se) else 0)
}

# --- where a verdict turns -----------------------------------------------------------------------------------------
root <- function(f, ends) uniroot(f, ends, tol = 1e-15, maxiter = 10000)$root
turn <- function(new, p, margin, level) {
  pub <- function(n, deff, unit) side(p, sqrt(deff * p * (1 - p) / n + unit^2 / 12), n - 1)
  gap <- function(n, deff, unit, error) {
    k <- pair(new, pub(n, deff, unit), 2 * error^2)
    abs(k$d) - reach(new, pub(n, deff, unit), 2 * error^2, 1 - (1 - level) / 2)
  }
  same <- function(n, deff, unit, error) {
    k <- pair(new, pub(n, deff, unit), 2 * error^2)
    margin - abs(k$d) - reach(new, pub(n, deff, unit), 2 * error^2, level)
  }
  list(gap = gap, same = same)
}
one <- turn(side(0.684, 0.017, 300), 0.77, 0.05, 0.95)
other <- turn(side(0.60, 0.0155, 1099), 0.645, 0.05, 0.95)
alike <- turn(side(0.51, 0.010, 400), 0.505, 0.05, 0.95)
turning <- list(
  nonsampling = root(function(e) one$gap(1173, 1.5, 0.01, e), c(0, 0.03)),
  deff = root(function(d) other$gap(1000, d, 0.01, 0), c(0.5, 1.5)),
  n = root(function(n) other$gap(n, 1.5, 0.01, 0), c(1000, 5000)),
  rounding = root(function(u) alike$same(1500, 1.5, u, 0), c(0.01, 0.2)),
  equivalent_deff = root(function(d) alike$same(1500, d, 0.01, 0), c(1.5, 50))
)

# --- p-values adjusted ---------------------------------------------------------------------------------------------
p_values <- c(0.012, 0.2, 0.0004, 0.049, 0.03, 0.9, 0.03, 0.0401)

# --- bounds for those without an answer ----------------------------------------------------------------------------
imbens_manski <- function(low, high, se_low, se_high, df, level) {
  apart <- (high - low) / max(se_low, se_high)
  reach <- root(function(c) pt(c + apart, df) - pt(-c, df) - level, c(qt(level, df) - 1e-6, qt(0.5 + level / 2, df) + 1e-6))
  list(low = low, high = high, se_low = se_low, se_high = se_high, df = if (is.finite(df)) df else NULL, level = level,
       reach = reach, interval_low = low - reach * se_low, interval_high = high + reach * se_high)
}
set.seed(5)
rows <- 240
sample <- data.frame(stratum = rep(1:4, each = 60), town = rep(1:24, each = 10),
                     weight = round(runif(rows, 0.5, 2), 3),
                     travel = sample(c(1:5, 97, 98, NA), rows, TRUE, c(0.08, 0.12, 0.2, 0.3, 0.15, 0.08, 0.04, 0.03)))
design <- svydesign(~town, strata = ~stratum, weights = ~weight, data = sample)
asked <- subset(design, !is.na(travel))
asked <- update(asked, p_low = as.numeric(travel %in% 4:5), p_high = as.numeric(travel %in% c(4:5, 97, 98)),
                dk = as.numeric(travel == 97), refused = as.numeric(travel == 98),
                m_low = ifelse(travel > 5, 1, travel), m_high = ifelse(travel > 5, 5, travel))
bounds <- function(formula) {
  both <- svymean(formula, asked)
  se <- sqrt(diag(vcov(both)))
  imbens_manski(coef(both)[[1]], coef(both)[[2]], se[[1]], se[[2]], degf(design), 0.95)
}
unanswered <- list(
  sample = as.list(sample), share = bounds(~p_low + p_high), mean = bounds(~m_low + m_high),
  dont_know = coef(svymean(~dk, asked))[[1]], refused = coef(svymean(~refused, asked))[[1]]
)

cat(toJSON(list(
  R = R.version.string, survey = as.character(packageVersion("survey")),
  from_n = list(from_n(0.77, 1173, 1.5, 0.01, 0.95), from_n(0.02, 2209, 1, 0.001, 0.9), from_n(0.5, 1000, 2.2, 0.01, 0.99)),
  from_moe = list(from_moe(0.5, 0.031, 0.95, 0.01, 0.95), from_moe(0.12, 0.04, 0.9, 0.01, 0.95),
                  from_moe(0.81, 0.025, 0.99, 0.001, 0.9)),
  from_interval = list(from_interval(0.62, 0.59, 0.65, 0.95, 0.01, 0.95), from_interval(0.31, 0.285, 0.335, 0.9, 0.001, 0.99)),
  at_ends = list(at_end(0, 1000, 1, 0.95), at_end(0, 50, 1, 0.95), at_end(1, 800, 1.5, 0.99), at_end(0, 600, 2.2, 0.9)),
  differences = differences, power_t_test = power_t_test,
  tost = list(tost(0.0156, 0.05, 0.05, 0.95), tost(0.0156, 0.05, 0, 0.95), tost(0.022, 0.05, 0.01, 0.95), tost(0.04, 0.05, 0, 0.95)),
  turning = turning,
  adjusted = list(p = p_values, holm = p.adjust(p_values, "holm"), bh = p.adjust(p_values, "BH")),
  imbens_manski = list(imbens_manski(0.545, 0.636, 0.015, 0.0145, Inf, 0.95), imbens_manski(0.60, 0.61, 0.02, 0.021, 40, 0.95),
                       imbens_manski(0.60, 0.60, 0.02, 0.02, 40, 0.9), imbens_manski(3.1, 3.4, 0.05, 0.04, 25, 0.99)),
  unanswered = unanswered
), auto_unbox = TRUE, digits = NA, na = "null"), "\n")
