# Quantiles, variances, covariances and correlations by R's survey package: Rscript quantiles.R [output folder, default .]
# Writes quantiles.json (every value at full precision) and data/apiclus1_replicates.csv; the other data are those of
# survey.R, the package's own.
suppressMessages({library(survey); library(jsonlite)})
out <- if (length(args <- commandArgs(trailingOnly = TRUE))) args[1] else "."
dir.create(file.path(out, "data"), showWarnings = FALSE, recursive = TRUE)
options(digits = 15, survey.lonely.psu = "fail", survey.adjust.domain.lonely = FALSE)
data(api); data(mu284); data(nhanes); data(hospital)

rules <- c("math", "school", "shahvaish", paste0("hf", 1:9))
p_all <- c(0.05, 0.1, 0.25, 0.37, 0.5, 0.75, 0.9)
rows <- list()
add <- function(...) rows[[length(rows) + 1]] <<- list(...)
or_na <- function(x) if (is.finite(x)) x else NA

# Rule shahvaish takes weights w and pk = (S + 0.5 - w/2)/(n + 1) with S the sums of w/mean(w): of one scale only when
# the weights have mean 1, so it is asked with those.
weights_for <- function(design, rule) {
  w <- as.vector(weights(design, "sampling"))
  if (rule == "shahvaish") w / mean(w) else w
}
of_mean_1 <- function(design) {
  if (inherits(design, "svyrep.design")) { design$pweights <- design$pweights / mean(design$pweights); return(design) }
  design$prob <- design$prob * mean(1 / design$prob)
  design
}
# The tests leave out rows that are marked. R's qs() takes the second smallest value for every p below the weight share of
# the smallest, where the definition says the smallest. Rule shahvaish takes one of two values where p is a position up to
# rounding. Method beta gives ends beside the share where its variance is 0 up to rounding.
left_out <- function(rule, x, w, ps, rounded = FALSE) {
  o <- order(x); w <- w[o]
  position <- (cumsum(w / mean(w)) + 0.5 - w / mean(w) / 2) / (length(w) + 1)
  for (p in ps[is.finite(ps)]) {
    if (p < w[1] / sum(w)) return("below the share of the smallest value")
    if (rule == "shahvaish" && min(abs(position - p)) < 1e-12) rounded <- TRUE
  }
  if (rounded) "decided by rounding" else NA
}

point <- function(case, design, item, key = NA, by = NA) {
  x <- design$variables[[item]]; design <- design[!is.na(x), ]; x <- design$variables[[item]]
  for (rule in rules) {
    w <- weights_for(design, rule)
    for (p in p_all) add(case = case, kind = "point", item = item, by = by, key = key, rule = rule, p = p,
      estimate = get(paste0("qrule_", rule), asNamespace("survey"))(x, w, p), left_out = left_out(rule, x, w, p))
  }
}
# the ends on the scale of p, to know whether an end is off the data or below the first value
ends <- function(x, q, design, level, df, method) {
  m <- svymean(as.numeric(x <= q), design); f <- coef(m)[[1]]; se <- SE(m)[[1]]; t <- qt(1 - (1 - level) / 2, df)
  if (method == "mean") return(f + c(-1, 1) * t * se)
  if (method == "xlogit") return(plogis(qlogis(f) + c(-1, 1) * t * se / (f * (1 - f))))
  if (method == "asin") return(sin(asin(sqrt(f)) + c(-1, 1) * t * se / (2 * sqrt(f * (1 - f))))^2)
  c(NA, NA)
}
intervals <- function(case, design, item, ps, rules = "math", methods = c("mean", "beta", "xlogit", "asin"), level = 0.95,
                      key = NA, by = NA, df = NULL, df_rule = "domain") {
  x <- design$variables[[item]]; design <- design[!is.na(x), ]; x <- design$variables[[item]]
  if (is.null(df)) df <- degf(design)
  replicates <- inherits(design, "svyrep.design")
  for (rule in rules) for (method in methods) for (p in ps) {
    used <- if (rule == "shahvaish") of_mean_1(design) else design
    w <- as.vector(weights(used, "sampling")); qrule <- get(paste0("qrule_", rule), asNamespace("survey"))
    q <- qrule(x, w, p)
    # svyquantile of 4.1-1 leaves its interval.type aside for replicates; woodruffCI takes it
    ci <- if (method == "quantile") as.vector(survey:::repCI(x, q, p, used, qrule, 1 - level, df, FALSE))
          else as.vector(survey:::woodruffCI(x, q, p, used, qrule, 1 - level, df, method))
    if (!replicates && rule != "shahvaish") {
      asked <- svyquantile(reformulate(item), design, p, alpha = 1 - level, interval.type = method, qrule = rule, df = df)[[1]]
      stopifnot(all.equal(as.vector(asked[1, 1:3]), c(q, ci)))
    }
    e <- ends(x, q, used, level, df, method)
    add(case = case, kind = "interval", item = item, by = by, key = key, rule = rule, interval = method, level = level, p = p,
      df = df, df_rule = df_rule, estimate = q, low = or_na(ci[1]), high = or_na(ci[2]),
      se = or_na(diff(ci) / (2 * qt(1 - (1 - level) / 2, df))),
      left_out = left_out(rule, x, w, c(p, e), method == "beta" && SE(svymean(as.numeric(x <= q), used))[[1]] < 1e-12))
  }
}
groups <- function(case, design, item, by, ps, methods = c("mean", "xlogit"), df_rule = "domain") {
  whole <- degf(design)
  for (key in sort(unique(as.character(design$variables[[by]])))) {
    group <- design[which(as.character(design$variables[[by]]) == key), ]
    intervals(case, group, item, ps, methods = methods, key = key, by = by, df = if (df_rule == "design") whole else NULL, df_rule = df_rule)
  }
}
# svyquantile(interval.type = "score") solves for the ends to a tolerance and then mixes an unweighted rank with weighted
# quantiles; the ends it solves for, exactly: the values where the statistic crosses -/+ t
score <- function(case, design, item, ps, level = 0.95) {
  x <- design$variables[[item]]; df <- degf(design); t <- qt(1 - (1 - level) / 2, df); theta <- sort(unique(x))
  for (p in ps) {
    z <- sapply(theta, function(v) { m <- svymean(as.numeric(x <= v), design); (p - coef(m)[[1]]) / SE(m)[[1]] })
    z[length(z)] <- -Inf
    add(case = case, kind = "score", item = item, p = p, level = level, df = df, estimate = qrule_math(x, weights(design), p),
      low = theta[which(z <= t)[1]], high = theta[which(z < -t)[1]],
      r_low = svyquantile(reformulate(item), design, p, interval.type = "score")[[1]][1, 2],
      r_high = svyquantile(reformulate(item), design, p, interval.type = "score")[[1]][1, 3])
  }
}
qrule_math <- survey:::qrule_math

# A share of the weights that equals p exactly decides between two values, and with weights of 30.97 rounding decides in
# their place (p = 0.1 of apisrs: 482, but 479 with weights of 1). Where all weights are equal R is asked with weights of 1.
equal <- function(design) { if (diff(range(design$prob)) < 1e-12) design$prob[] <- 1; design }
srs <- equal(svydesign(id = ~1, fpc = ~fpc, data = apisrs))
srs_wr <- equal(svydesign(id = ~1, weights = ~pw, data = apisrs))
strat <- svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = apistrat)
strat_wr <- svydesign(id = ~1, strata = ~stype, weights = ~pw, data = apistrat)
clus1 <- equal(svydesign(id = ~dnum, weights = ~pw, fpc = ~fpc, data = apiclus1))
clus2 <- svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, data = apiclus2)
clus2_wr <- equal(svydesign(id = ~dnum + snum, weights = ~pw, data = apiclus2))
health <- nhanes; levels(health$agecat) <- c("0-19", "20-39", "40-59", "60+")
nh <- svydesign(id = ~SDMVPSU, strata = ~SDMVSTRA, weights = ~WTMEC2YR, nest = TRUE, data = health)
mu <- svydesign(id = ~id1 + id2, fpc = ~n1 + n2, data = mu284)
hosp <- svydesign(strata = ~oblevel, id = ~hospno, fpc = ~tothosp, weights = ~weighta, data = hospital)
designs <- list("srs" = srs, "srs, with replacement" = srs_wr, "strata" = strat, "strata, with replacement" = strat_wr,
  "clusters" = clus1, "two stages" = clus2, "two stages, no fpc" = clus2_wr)

for (case in names(designs)) {
  design <- designs[[case]]
  point(case, design, "api00"); point(case, design, "enroll")
  intervals(case, design, "api00", c(0.1, 0.25, 0.5, 0.9))
  intervals(case, design, "enroll", c(0.25, 0.5), methods = c("mean", "beta"), level = 0.9)
}
for (rule in rules) intervals("strata", strat, "api99", c(0.25, 0.5), rules = rule, methods = c("mean", "xlogit"))
intervals("two stages", clus2, "api00", c(0.25, 0.5), rules = c("school", "hf7"))
for (case in c("strata", "clusters", "two stages")) for (df_rule in c("domain", "design"))
  groups(case, designs[[case]], "api00", c(strata = "sch.wide", clusters = "stype", "two stages" = "stype")[[case]], c(0.25, 0.5, 0.75), df_rule = df_rule)
groups("strata", strat, "enroll", "stype", c(0.25, 0.5), methods = c("mean", "beta", "asin"))
groups("two stages", clus2, "enroll", "stype", 0.5, methods = c("mean", "beta"))
intervals("mu284", mu, "y1", 0.5); intervals("hospital", hosp, "births", c(0.25, 0.5, 0.75))
groups("hospital", hosp, "births", "oblevel", 0.5)
groups("nhanes", nh, "race", "agecat", c(0.25, 0.5))
score("srs", srs, "api00", c(0.25, 0.5, 0.9)); score("clusters", clus1, "api00", c(0.25, 0.5))
score("strata", strat, "api00", c(0.25, 0.5, 0.75)); score("two stages", clus2, "api00", 0.5)

# replicate weights: given in the data, whole and by group
jk1 <- as.svrepdesign(svydesign(id = ~dnum, weights = ~pw, fpc = ~fpc, data = apiclus1), type = "JK1", compress = FALSE)
set.seed(20240501)
boot <- as.svrepdesign(svydesign(id = ~dnum, weights = ~pw, data = apiclus1), type = "bootstrap", replicates = 30, compress = FALSE)
replicate_frame <- function(prefix, design) {
  found <- as.data.frame(unclass(weights(design, "analysis"))); names(found) <- paste0(prefix, seq_along(found)); found
}
exact <- function(x) formatC(x, digits = 15, format = "g", width = 1)
jk <- replicate_frame("jk", jk1); bs <- replicate_frame("bs", boot)
school <- apiclus1[, c("stype", "sch.wide", "api00", "api99", "enroll", "pw", "dnum")]
school$pw <- exact(school$pw)
write.csv(cbind(school, as.data.frame(lapply(jk, exact)), as.data.frame(lapply(bs, exact))),
  file.path(out, "data", "apiclus1_replicates.csv"), row.names = FALSE)
wave <- read.csv(file.path(out, "data", "apiclus1_replicates.csv"))
# weights of one replicate are multiples of the smallest; as whole numbers, for the reason given with equal()
whole <- function(w) round(w / min(w[w > 0]))
wave[grep("^(pw|jk|bs)", names(wave))] <- lapply(wave[grep("^(pw|jk|bs)", names(wave))], whole)
given <- list(
  "JK1 replicates" = svrepdesign(data = wave, weights = ~pw, repweights = "jk[0-9]+", type = "JK1", scale = jk1$scale, rscales = jk1$rscales, combined.weights = TRUE, mse = FALSE),
  "bootstrap replicates" = svrepdesign(data = wave, weights = ~pw, repweights = "bs[0-9]+", type = "bootstrap", scale = boot$scale, rscales = boot$rscales, combined.weights = TRUE, mse = TRUE))
replication <- lapply(given, function(d) list(scale = d$scale, rscales = d$rscales, df = degf(d)))
for (case in names(given)) {
  intervals(case, given[[case]], "api00", c(0.25, 0.5, 0.75), methods = c("mean", "beta", "xlogit", "asin", "quantile"))
  intervals(case, given[[case]], "enroll", c(0.25, 0.5), rules = c("school", "hf7"), methods = c("mean", "quantile"))
  for (key in c("E", "M")) intervals(case, given[[case]][which(wave$stype == key), ], "api00", 0.5, methods = c("mean", "quantile"),
    key = key, by = "stype", df = degf(given[[case]]), df_rule = "design")
}

# variance, covariance, correlation: n of svyvar counts the rows of the design, so those without a value are left out first
moments <- function(case, design, items, by = NA, keys = NA) {
  for (key in keys) {
    part <- if (is.na(key)) design else design[which(as.character(design$variables[[by]]) == key), ]
    for (item in items) {
      known <- part[!is.na(part$variables[[item]]), ]
      v <- svyvar(reformulate(item), known)
      add(case = case, kind = "variance", item = item, by = by, key = key, estimate = as.vector(coef(v))[1], se = as.vector(SE(v))[1], df = degf(design))
    }
    known <- part[complete.cases(part$variables[, items]), ]
    m <- svyvar(reformulate(items), known); V <- attr(m, "var"); k <- length(items); c0 <- as.matrix(m)[1:k, 1:k]
    for (i in seq_len(k - 1)) for (j in (i + 1):k) {
      place <- function(a, b) (b - 1) * k + a
      at <- c(place(i, j), place(i, i), place(j, j))
      r <- c0[i, j] / sqrt(c0[i, i] * c0[j, j])
      gradient <- c(1 / sqrt(c0[i, i] * c0[j, j]), -r / (2 * c0[i, i]), -r / (2 * c0[j, j]))
      # replicates: the correlation of every replicate, as svycontrast takes a nonlinear contrast of svrepstat; else the delta method
      se <- if (inherits(known, "svyrep.design")) replicate_r(known, items[c(i, j)]) else sqrt(as.vector(gradient %*% V[at, at] %*% gradient))
      t <- qt(0.975, degf(design))
      add(case = case, kind = "covariance", item = items[i], with = items[j], items = I(items), by = by, key = key, estimate = c0[i, j], se = sqrt(V[at[1], at[1]]), df = degf(design))
      add(case = case, kind = "correlation", item = items[i], with = items[j], items = I(items), by = by, key = key, estimate = r, se = se, df = degf(design),
        low = tanh(atanh(r) - t * se / (1 - r^2)), high = tanh(atanh(r) + t * se / (1 - r^2)))
    }
  }
}
replicate_r <- function(design, items) {
  x <- as.matrix(design$variables[, items]); r <- function(w) cov.wt(x, w, cor = TRUE)$cor[1, 2]
  w <- weights(design, "sampling")
  sqrt(as.vector(survey:::svrVar(apply(weights(design, "analysis"), 2, r), design$scale, design$rscales, mse = design$mse, coef = r(as.vector(w)))))
}
for (case in names(designs)) moments(case, designs[[case]], c("api00", "api99", "enroll"))
moments("strata", strat, c("api00", "api99"), "sch.wide", c("No", "Yes"))
moments("strata", strat, c("api00", "enroll"), "stype", c("E", "H", "M"))
moments("clusters", clus1, c("api00", "enroll"), "stype", c("E", "H", "M"))
moments("two stages", clus2, c("api00", "enroll"), "stype", c("E", "H", "M"))
moments("nhanes", nh, c("HI_CHOL", "race")); moments("nhanes", nh, c("HI_CHOL", "race"), "agecat", c("20-39", "40-59", "60+"))
moments("hospital", hosp, c("births", "weightats"))
for (case in names(given)) moments(case, given[[case]], c("api00", "enroll", "api99"))

write_json(list(r = R.version.string, survey = as.character(packageVersion("survey")), replication = replication, rows = rows),
  file.path(out, "quantiles.json"), digits = NA, auto_unbox = TRUE, na = "null", pretty = FALSE)
cat(length(rows), "rows\n")
