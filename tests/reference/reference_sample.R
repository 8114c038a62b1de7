# Weights of a nonprobability sample, and doubly robust means, in R: Rscript reference_sample.R [output folder, default .]
# Reads data/apistrat.csv and data/apiclus1.csv; writes reference_sample.json and data/volunteers.csv.
# R's survey has no function for these: the equations are solved by Newton's method written out here, the models by
# svyglm's equations (glm.fit), and errors come from derivatives taken numerically in every row's frequency and in every
# weight of the reference, whose totals svytotal() gives a variance. No formula of the package under test is used.
suppressMessages({library(survey); library(jsonlite)})
out <- if (length(args <- commandArgs(trailingOnly = TRUE))) args[1] else "."
here <- if (length(args) > 1) args[2] else "data"
options(digits = 15)
data(api)
RNGversion("4.2.0"); set.seed(20)
eager <- plogis(-4.6 + 1.2 * (apipop$stype == "H") + 0.6 * (apipop$awards == "Yes") + 0.003 * (apipop$api99 - 630))
volunteers <- apipop[runif(nrow(apipop)) < eager, c("stype", "awards", "sch.wide", "api99", "api00", "dnum")]
volunteers$base <- round(runif(nrow(volunteers), 0.5, 1.5), 3)
folder <- if (length(args) > 1) out else file.path(out, "data")
write.csv(volunteers, file.path(folder, "volunteers.csv"), row.names = FALSE)
strat <- read.csv(file.path(here, "apistrat.csv")); clus <- read.csv(file.path(here, "apiclus1.csv"))
references <- list(
  apistrat = svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = strat),
  apiclus1 = svydesign(id = ~dnum, weights = ~pw, fpc = ~fpc, data = clus))

newton <- function(x, moment, slope, start) {
  g <- start
  for (i in 1:200) {
    step <- solve(slope(g), moment(g)); g <- g + step
    if (max(abs(step) * apply(abs(x), 2, max)) < 1e-13) break
  }
  stopifnot(max(abs(step) * apply(abs(x), 2, max)) < 1e-10)
  g
}
# coefficients of chances: w weights of the sample (times frequencies), d of the reference
warm <- list()
chances <- function(method, xa, xb, w, d) {
  key <- paste(method, ncol(xa), nrow(xb), round(sum(w)))
  start <- if (is.null(warm[[key]])) c(log(sum(w) / sum(d)), rep(0, ncol(xa) - 1)) else warm[[key]]
  warm[[key]] <<- solved_chances(method, xa, xb, w, d, start)
}
solved_chances <- function(method, xa, xb, w, d, start) {
  p <- function(x, g) as.vector(plogis(x %*% g))
  switch(method,
    pseudo = newton(xa, function(g) as.vector(crossprod(xa, w) - crossprod(xb, d * p(xb, g))),
                    function(g) crossprod(xb, xb * d * p(xb, g) * (1 - p(xb, g))), start),
    odds = newton(xa, function(g) as.vector(crossprod(xa, w * (1 - p(xa, g))) - crossprod(xb, d * p(xb, g))),
                  function(g) crossprod(xa, xa * w * p(xa, g) * (1 - p(xa, g))) +
                    crossprod(xb, xb * d * p(xb, g) * (1 - p(xb, g))), start),
    calibrated = newton(xa, function(g) as.vector(crossprod(xa, w / p(xa, g)) - crossprod(xb, d)),
                        function(g) crossprod(xa, xa * w * (1 / p(xa, g) - 1)), start))
}
weighted <- function(method, xa, xb, w, d) {
  p <- as.vector(plogis(xa %*% chances(method, xa, xb, w, d)))
  w * (if (method == "odds") (1 - p) / p else 1 / p)
}
fit <- function(x, y, w, family) {
  keep <- w > 0
  suppressWarnings(glm.fit(x[keep, , drop = FALSE], y[keep], weights = w[keep] / mean(w),
    family = family, control = list(epsilon = 1e-15, maxit = 100)))$coefficients
}
# error of theta(frequencies of the sample, weights of the reference), from numerical derivatives
error <- function(theta, n, d, sample, reference) {
  h <- 1e-4
  one <- sapply(seq_len(n), function(i) {
    f <- rep(1, n); up <- f; down <- f; up[i] <- 1 + h; down[i] <- 1 - h
    (theta(up, d) - theta(down, d)) / (2 * h)
  })
  other <- sapply(seq_along(d), function(i) {
    up <- d; down <- d; up[i] <- d[i] * (1 + h); down[i] <- d[i] * (1 - h)
    (theta(rep(1, n), up) - theta(rep(1, n), down)) / (2 * h * d[i])
  })
  here <- SE(svytotal(one, sample)); there <- SE(svytotal(other, reference))
  c(se = sqrt(here^2 + there^2), reference_se = as.vector(there))
}
rows <- list(); weights_of <- list()
add <- function(...) rows[[length(rows) + 1]] <<- list(...)
on <- ~stype + awards + api99; small <- ~stype + awards; other <- ~stype + api99
xa <- model.matrix(on, volunteers); za <- model.matrix(small, volunteers); ya <- model.matrix(other, volunteers)
y <- volunteers$api00; high <- as.numeric(volunteers$sch.wide == "Yes"); n <- nrow(volunteers)
samples <- list(rows = svydesign(id = ~1, weights = ~I(rep(1, n)), data = volunteers),
                districts = svydesign(id = ~dnum, weights = ~I(rep(1, n)), data = volunteers))
middle <- volunteers$stype == "E"
for (name in names(references)) {
  reference <- references[[name]]; frame <- reference$variables; d0 <- as.vector(weights(reference))
  xb <- model.matrix(on, frame); zb <- model.matrix(small, frame); yb <- model.matrix(other, frame)
  inside <- frame$stype == "E"
  for (method in c("pseudo", "odds", "calibrated")) for (base in c("ones", "base")) {
    w0 <- if (base == "ones") rep(1, n) else volunteers$base
    case <- paste(name, method, base)
    weights_of[[case]] <- weighted(method, xa, xb, w0, d0)
    if (base == "base" && method != "pseudo") next
    sample <- if (base == "base") "districts" else "rows"
    means <- function(f, d) { w <- weighted(method, xa, xb, f * w0, d); sum(w * y) / sum(w) }
    m <- error(means, n, d0, samples[[sample]], reference)
    add(case = case, kind = "mean", key = NA, estimate = means(rep(1, n), d0), se = m[["se"]], reference_se = m[["reference_se"]])
    robust <- function(f, d, values, family, a, b, use, there) {
      w <- weighted(method, za, zb, f * w0, d)
      beta <- fit(a, values, w, family)
      ma <- family$linkinv(as.vector(a %*% beta)); mb <- family$linkinv(as.vector(b %*% beta))
      sum((w * (values - ma))[use]) / sum(w[use]) + sum((d * mb)[there]) / sum(d[there])
    }
    if (base == "base") {
      everybody <- rep(TRUE, n); all_there <- rep(TRUE, length(d0))
      kinds <- list(
        gaussian = function(f, d) robust(f, d, y, gaussian(), xa, xb, everybody, all_there),
        binomial = function(f, d) robust(f, d, high, binomial(), ya, yb, everybody, all_there),
        group = function(f, d) robust(f, d, y, gaussian(), xa, xb, middle, inside))
      for (kind in names(kinds)) {
        m <- error(kinds[[kind]], n, d0, samples[[sample]], reference)
        add(case = case, kind = kind, key = if (kind == "group") "E" else NA, estimate = kinds[[kind]](rep(1, n), d0),
            se = m[["se"]], reference_se = m[["reference_se"]])
      }
    }
  }
  # survey's own functions where they meet the same equations
  pool <- data.frame(rbind(xa, xb)[, -1], member = rep(1:0, c(n, length(d0))), w = c(rep(1, n), d0))
  names(pool)[1:4] <- c("H", "M", "yes", "score")
  g <- coef(suppressWarnings(svyglm(member ~ H + M + yes + score, svydesign(id = ~1, weights = ~w, data = pool),
    family = quasibinomial(), control = list(epsilon = 1e-14, maxit = 100))))
  weights_of[[paste(name, "svyglm")]] <- as.vector(exp(-(xa %*% g)))
  both <- svymean(~stype + awards + interaction(stype, awards), reference)
  weights_of[[paste(name, "margins")]] <- as.vector(coef(both)); weights_of[[paste(name, "margins names")]] <- names(coef(both))
  weights_of[[paste(name, "margins covariance")]] <- as.vector(vcov(both))
}
write_json(list(R = R.version.string, survey = as.character(packageVersion("survey")), rows = rows, weights = weights_of),
           file.path(out, "reference_sample.json"), digits = NA, auto_unbox = TRUE, na = "null")
