# Models of complex samples by R's survey package: Rscript models.R [output folder, default .]
# Reads data/*.csv beside this script's output of survey.R; writes models.json, every value at full precision.
suppressMessages({library(survey); library(jsonlite); library(splines)})
args <- commandArgs(trailingOnly = TRUE)
out <- if (length(args)) args[1] else "."
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)[1]))
options(digits = 15, survey.lonely.psu = "fail", warn = 1)
invisible(Sys.setlocale("LC_COLLATE", "C"))  # factor levels in the order of their letters anywhere
read <- function(name) read.csv(file.path(here, "data", paste0(name, ".csv")), stringsAsFactors = TRUE)
exact <- glm.control(epsilon = 1e-300, maxit = 100)

apistrat <- read("apistrat"); apiclus1 <- read("apiclus1"); apiclus2 <- read("apiclus2"); nhanes <- read("nhanes"); scd <- read("scd")
ces <- read.csv(file.path(here, "..", "..", "examples", "ces2011", "ces11.csv"), stringsAsFactors = TRUE)
designs <- list(
  srs = svydesign(id = ~1, fpc = ~fpc, data = read("apisrs")),
  strat = svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = apistrat),
  strat_wr = svydesign(id = ~1, strata = ~stype, weights = ~pw, data = apistrat),
  clus1 = svydesign(id = ~dnum, weights = ~pw, fpc = ~fpc, data = apiclus1),
  clus2 = svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, data = apiclus2),
  ces = svydesign(id = ~1, strata = ~province, weights = ~weight, data = ces),
  nhanes = svydesign(id = ~SDMVPSU, strata = ~SDMVSTRA, weights = ~WTMEC2YR, nest = TRUE, data = nhanes),
  jkn = as.svrepdesign(svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = apistrat), type = "JKn"),
  jk1 = as.svrepdesign(svydesign(id = ~dnum, weights = ~pw, fpc = ~fpc, data = apiclus1), type = "JK1"),
  jk1_wr = as.svrepdesign(svydesign(id = ~dnum, weights = ~pw, data = apiclus1), type = "JK1", mse = TRUE),
  brr = suppressWarnings(as.svrepdesign(svydesign(data = scd, id = ~ambulance, strata = ~ESA, nest = TRUE, weights = rep(1, nrow(scd))), type = "BRR")))
data(election)  # joint probabilities come with the package; the sample is data/election_pps.csv
designs$post <- postStratify(designs$clus1, ~stype, data.frame(stype = c("E", "H", "M"), Freq = c(4421, 755, 1018)))
designs$brewer <- svydesign(id = ~1, fpc = ~p, data = election_pps, pps = "brewer")
designs$horvitz <- svydesign(id = ~1, fpc = ~p, data = election_pps, pps = ppsmat(election_jointprob), variance = "HT")
designs$yates <- svydesign(id = ~1, fpc = ~p, data = election_pps, pps = ppsmat(election_jointprob), variance = "YG")
designs$fay <- suppressWarnings(as.svrepdesign(svydesign(data = scd, id = ~ambulance, strata = ~ESA, nest = TRUE, weights = rep(1, nrow(scd))), type = "Fay", fay.rho = 0.3))
# data/replicate_bootstrap.csv was drawn by R in replicates.R
designs$bootstrap <- svrepdesign(data = apiclus1, weights = ~pw, repweights = as.matrix(read.csv(file.path(here, "data", "replicate_bootstrap.csv"))), type = "bootstrap")
designs$lone <- svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = read("lone"))
share <- function(design, x) sum(weights(design)) * x / 6194
designs$raked <- calibrate(designs$clus1, ~stype + sch.wide + awards, c("(Intercept)" = sum(weights(designs$clus1)), stypeH = share(designs$clus1, 755),
  stypeM = share(designs$clus1, 1018), sch.wideYes = share(designs$clus1, 5122), awardsYes = share(designs$clus1, 4167)), calfun = "raking", epsilon = 1e-12, maxit = 1000)
families <- list(gaussian = gaussian(), binomial = quasibinomial(), poisson = quasipoisson(), gamma = Gamma())
family_of <- function(family, link) {
  if (is.na(link)) return(families[[family]])
  switch(family, gaussian = gaussian(link), binomial = quasibinomial(link), poisson = quasipoisson(link), gamma = Gamma(link))
}

# the call finds its parts in an environment of its own, where update() finds them again
called <- function(formula, d, fam, start = NULL, polish = 0) {
  e <- new.env(); e$d <- d; f <- as.formula(formula, env = e)
  made <- bquote(svyglm(.(f), design = d, family = .(fam), control = .(exact)))
  if (!is.null(start)) made$start <- start
  fit <- suppressWarnings(eval(made, e))
  # glm stops when the deviance stands still, where coefficients of a link that is not canonical still move by 1e-8
  for (again in seq_len(polish)) { made$start <- unname(coef(fit)); fit <- suppressWarnings(eval(made, e)) }
  fit$call$start <- NULL
  fit
}
glms <- list(); models <- list()
fit_glm <- function(case, design, formula, r_formula = formula, family = "gaussian", link = NA, where = NA, r_where = where, start = NULL, offset = NA) {
  d <- designs[[design]]
  if (!is.na(where)) d <- eval(bquote(subset(d, .(parse(text = r_where)[[1]]))))
  f <- called(r_formula, d, family_of(family, link), start, polish = if (is.na(link)) 1 else 25)
  s <- summary(f); ci <- confint(f); table <- coef(s)
  models[[case]] <<- f
  glms[[length(glms) + 1]] <<- list(case = case, design = design, formula = formula, family = family, link = link, where = where,
    offset = offset, terms = names(coef(f)), estimate = unname(coef(f)), se = unname(SE(f)), t = unname(table[, 3]), p = unname(table[, 4]),
    low = unname(ci[, 1]), high = unname(ci[, 2]), df = f$df.residual, covariance = unname(vcov(f)), deviance = f$deviance,
    null_deviance = f$null.deviance, dispersion = unname(as.vector(s$dispersion)[1]), n = sum(f$prior.weights > 0))  # a part of a calibrated design keeps its other rows at weight 0
}
fit_glm("srs, linear", "srs", "api00 ~ api99 + stype")
fit_glm("strata, linear", "strat", "api00 ~ api99 + enroll + stype")
fit_glm("strata, interaction", "strat", "api00 ~ api99 * stype")
fit_glm("strata, square", "strat", "api00 ~ enroll + I(enroll**2)", "api00 ~ enroll + I(enroll^2)")
fit_glm("strata, polynomial", "strat", "api00 ~ poly(enroll, 3)")
fit_glm("strata, reference chosen", "strat", "api00 ~ C(stype, Treatment('M')) + api99", "api00 ~ relevel(factor(stype), 'M') + api99")
fit_glm("strata, no intercept", "strat", "api00 ~ 0 + stype + api99")
fit_glm("strata, log of the response", "strat", "log(api00) ~ log(enroll) + stype")
fit_glm("strata, where", "strat", "api00 ~ api99 + stype", where = "enroll > 500")
fit_glm("strata, where one stratum", "strat", "api00 ~ api99 + awards", where = "stype == 'E'")
fit_glm("strata, logit", "strat", "awards ~ api99 + stype", "I(awards == 'Yes') ~ api99 + stype", "binomial")
fit_glm("strata, probit", "strat", "awards ~ api99 + stype", "I(awards == 'Yes') ~ api99 + stype", "binomial", "probit")
fit_glm("strata, cloglog", "strat", "awards ~ api99 + stype", "I(awards == 'Yes') ~ api99 + stype", "binomial", "cloglog")
fit_glm("strata, cauchit", "strat", "awards ~ api99 + stype", "I(awards == 'Yes') ~ api99 + stype", "binomial", "cauchit")
fit_glm("strata, log binomial", "strat", "awards ~ stype", "I(awards == 'Yes') ~ stype", "binomial", "log", start = c(-.5, 0, 0))
fit_glm("strata, risk differences", "strat", "awards ~ stype", "I(awards == 'Yes') ~ stype", "binomial", "identity", start = c(.5, 0, 0))
fit_glm("strata, logit where", "strat", "awards == 'Yes' ~ api99", "I(awards == 'Yes') ~ api99", "binomial", where = "stype != 'H'")
fit_glm("strata, Poisson", "strat", "enroll ~ api99 + stype", family = "poisson")
fit_glm("strata, Poisson with an offset", "strat", "api00 ~ stype + awards", "api00 ~ stype + awards + offset(log(enroll))", "poisson", offset = "log(enroll)")
fit_glm("strata, Poisson root", "strat", "api00 ~ api99 + stype", family = "poisson", link = "sqrt")
fit_glm("strata, Poisson identity", "strat", "api00 ~ api99", family = "poisson", link = "identity")
fit_glm("strata, gamma", "strat", "enroll ~ stype + awards", family = "gamma")
fit_glm("strata, gamma log", "strat", "enroll ~ api99 + stype", family = "gamma", link = "log")
fit_glm("strata, gamma identity", "strat", "enroll ~ stype", family = "gamma", link = "identity")
fit_glm("strata, gaussian log", "strat", "enroll ~ stype + awards", family = "gaussian", link = "log", start = c(6, 0, 0, 0))
fit_glm("strata with replacement, logit", "strat_wr", "awards ~ api99 * stype", "I(awards == 'Yes') ~ api99 * stype", "binomial")
fit_glm("clusters, linear", "clus1", "api00 ~ api99 + stype + enroll")
fit_glm("clusters, logit", "clus1", "awards ~ api99 + enroll", "I(awards == 'Yes') ~ api99 + enroll", "binomial")
fit_glm("two stages, linear", "clus2", "api00 ~ api99 + stype")
fit_glm("two stages, missing values", "clus2", "api00 ~ enroll + stype")
fit_glm("two stages, logit", "clus2", "awards ~ api99", "I(awards == 'Yes') ~ api99", "binomial")
fit_glm("two stages, Poisson where", "clus2", "enroll ~ api99 + awards", family = "poisson", where = "stype == 'E'")
fit_glm("two stages, gamma", "clus2", "enroll ~ api99 + awards", family = "gamma", link = "log")
fit_glm("nhanes, logit", "nhanes", "HI_CHOL ~ C(race) + agecat + C(RIAGENDR)", "HI_CHOL ~ factor(race) + agecat + factor(RIAGENDR)", "binomial")
fit_glm("nhanes, probit where", "nhanes", "HI_CHOL ~ C(race) + agecat", "HI_CHOL ~ factor(race) + agecat", "binomial", "probit", where = "RIAGENDR == 2")
fit_glm("nhanes, interaction", "nhanes", "HI_CHOL ~ C(race) * C(RIAGENDR)", "HI_CHOL ~ factor(race) * factor(RIAGENDR)", "binomial")
fit_glm("poststratified, linear", "post", "api00 ~ api99 + enroll")
fit_glm("poststratified, logit", "post", "awards ~ api99", "I(awards == 'Yes') ~ api99", "binomial")
for (pps in c("brewer", "horvitz", "yates")) {
  fit_glm(paste0("counties, ", pps, ", linear"), pps, "Kerry ~ Bush + Nader")
  fit_glm(paste0("counties, ", pps, ", Poisson"), pps, "Kerry ~ log(Bush)", family = "poisson")
}
fit_glm("ces, logit", "ces", "abortion ~ gender + importance + education + urban", "I(abortion == 'Yes') ~ gender + importance + education + urban", "binomial")
fit_glm("ces, logit where", "ces", "abortion['Yes'] ~ importance * gender", "I(abortion == 'Yes') ~ importance * gender", "binomial", where = "province == 'QC'")
fit_glm("jackknife in strata, linear", "jkn", "api00 ~ api99 + stype")
fit_glm("jackknife in strata, logit", "jkn", "awards ~ api99 + stype", "I(awards == 'Yes') ~ api99 + stype", "binomial")
fit_glm("jackknife, linear where", "jk1", "api00 ~ api99 + awards", where = "stype == 'E'")
fit_glm("jackknife, logit", "jk1", "awards ~ api99 + enroll", "I(awards == 'Yes') ~ api99 + enroll", "binomial")
fit_glm("jackknife about the estimate, Poisson", "jk1_wr", "enroll ~ api99 + stype", family = "poisson")
fit_glm("half samples, linear", "brr", "alive ~ arrests")
fit_glm("half samples, Poisson", "brr", "alive ~ 1", family = "poisson", offset = "log(arrests)", r_formula = "alive ~ 1 + offset(log(arrests))")
fit_glm("raked, linear", "raked", "api00 ~ api99 + enroll")
fit_glm("raked, logit", "raked", "awards ~ api99 + stype", "I(awards == 'Yes') ~ api99 + stype", "binomial")
fit_glm("raked, Poisson where", "raked", "enroll ~ api99", family = "poisson", where = "stype == 'E'")
fit_glm("Fay, linear", "fay", "alive ~ arrests")
fit_glm("Fay, Poisson", "fay", "alive ~ 1", family = "poisson", offset = "log(arrests)", r_formula = "alive ~ 1 + offset(log(arrests))")
fit_glm("bootstrap given, linear", "bootstrap", "api00 ~ api99 + enroll")
fit_glm("bootstrap given, logit", "bootstrap", "awards ~ api99", "I(awards == 'Yes') ~ api99", "binomial")
for (rule in c("adjust", "certainty", "average")) {
  options(survey.lonely.psu = rule)
  fit_glm(paste0("lone, ", rule, ", linear"), "lone", "api00 ~ enroll + sch.wide")
  fit_glm(paste0("lone, ", rule, ", logit"), "lone", "awards ~ enroll", "I(awards == 'Yes') ~ enroll", "binomial")
}
options(survey.lonely.psu = "fail")

# tests of terms
tests <- list()
test_term <- function(case, terms, r_terms = terms) {
  f <- models[[case]]; formula <- reformulate(r_terms)
  w <- regTermTest(f, formula); x <- regTermTest(f, formula, df = Inf)
  row <- list(case = case, terms = terms, F = as.vector(w$Ftest), p = as.vector(w$p), q = w$df, ddf = w$ddf, chisq = as.vector(x$chisq), chisq_p = as.vector(x$p))
  l <- regTermTest(f, formula, method = "LRT"); h <- regTermTest(f, formula, method = "LRT", df = Inf)
  row <- c(row, list(lrt = as.vector(l$chisq), lambda = sort(Re(l$lambda)), lrt_p = as.vector(l$p), lrt_chisq_p = as.vector(h$p)))
  tests[[length(tests) + 1]] <<- row
}
test_term("ces, logit", "importance"); test_term("ces, logit", c("education", "urban"))
test_term("strata, linear", "stype"); test_term("strata, linear", c("api99", "stype")); test_term("strata, interaction", "api99:stype")
test_term("strata, logit", "stype"); test_term("strata, logit", c("api99", "stype")); test_term("strata, logit", "api99"); test_term("strata, probit", "stype")
test_term("strata, Poisson", "stype"); test_term("strata, gamma log", "stype")
test_term("clusters, linear", c("stype", "enroll")); test_term("clusters, logit", c("api99", "enroll"))
test_term("two stages, linear", "stype")
test_term("nhanes, logit", "C(race)", "factor(race)"); test_term("nhanes, logit", "agecat"); test_term("nhanes, interaction", "C(race):C(RIAGENDR)", "factor(race):factor(RIAGENDR)")

# linear hypotheses: L b - c, its standard error, F
hypotheses <- list()
hypothesis <- function(case, text, L, value = rep(0, nrow(L))) {
  f <- models[[case]]; b <- L %*% coef(f) - value; V <- L %*% vcov(f) %*% t(L)
  F <- drop(t(b) %*% solve(V, b)) / nrow(L)
  hypotheses[[length(hypotheses) + 1]] <<- list(case = case, text = text, F = F, p = pf(F, nrow(L), f$df.residual, lower.tail = FALSE), estimate = as.vector(b), se = sqrt(diag(V)))
}
hypothesis("strata, linear", "stype[T.H] = stype[T.M]", rbind(c(0, 0, 0, 1, -1)))
hypothesis("strata, linear", "api99 = 1", rbind(c(0, 1, 0, 0, 0)), 1)
hypothesis("strata, linear", "stype[T.H] + 2*stype[T.M] = -60", rbind(c(0, 0, 0, 1, 2)), -60)
hypothesis("strata, linear", "api99 = 1, stype[T.H] = stype[T.M]", rbind(c(0, 1, 0, 0, 0), c(0, 0, 0, 1, -1)), c(1, 0))

# predictive margins, and average marginal effects by influence functions
margins <- list()
margin <- function(case, variable, adjust, design, family = "gaussian", link = NA, formula) {
  d <- designs[[design]]
  f <- called(adjust, d, family_of(family, link))
  m <- svypredmeans(f, reformulate(variable))
  o <- order(names(coef(m)))
  margins[[length(margins) + 1]] <<- list(case = case, design = design, formula = formula, family = family, link = link, variable = variable,
    level = names(coef(m))[o], estimate = unname(coef(m))[o], covariance = unname(vcov(m))[o, o])
}
margin("ces, logit", "importance", "I(abortion == 'Yes') ~ gender + education + urban", "ces", "binomial", formula = "abortion ~ gender + education + urban + importance")
margin("strata, linear", "stype", "api00 ~ api99", "strat", formula = "api00 ~ api99 + stype")
margin("strata, logit", "stype", "I(awards == 'Yes') ~ api99", "strat", "binomial", formula = "awards ~ api99 + stype")
margin("strata, probit", "stype", "I(awards == 'Yes') ~ api99", "strat", "binomial", "probit", formula = "awards ~ api99 + stype")
margin("strata, Poisson", "stype", "enroll ~ api99", "strat", "poisson", formula = "enroll ~ api99 + stype")
margin("clusters, logit", "stype", "I(awards == 'Yes') ~ api99 + enroll", "clus1", "binomial", formula = "awards ~ api99 + enroll + stype")
margin("two stages, linear", "stype", "api00 ~ api99", "clus2", formula = "api00 ~ api99 + stype")
margin("jackknife in strata, logit", "stype", "I(awards == 'Yes') ~ api99", "jkn", "binomial", formula = "awards ~ api99 + stype")

effects <- list()
# rows x coefficients influence of svyglm, for the design's own weights
influence_of <- function(f) {
  X <- model.matrix(f); w <- weights(f$survey.design, "sampling"); e <- f$family$mu.eta(f$linear.predictors); v <- f$family$variance(f$fitted.values)
  (X * (e * (f$y - f$fitted.values) / v)) %*% solve(t(X) %*% (X * (w * e^2 / v)))
}
effect <- function(case, variable, g, gradient) {
  f <- models[[case]]; d <- f$survey.design; w <- weights(d, "sampling"); W <- sum(w)
  values <- as.matrix(g(coef(f), f)); estimate <- colSums(w * values) / W
  J <- as.matrix(gradient(coef(f), f))  # coefficients x effects: derivative of the weighted mean
  joint <- vcov(svytotal(sweep(values, 2, estimate) / W + influence_of(f) %*% J, d))
  own <- vcov(svytotal(sweep(values, 2, estimate) / W, d)); delta <- t(J) %*% vcov(f) %*% J
  effects[[length(effects) + 1]] <<- list(case = case, variable = variable, estimate = unname(estimate), joint = unname(sqrt(diag(joint))),
    separate = unname(sqrt(diag(own + delta))), fixed = unname(sqrt(diag(delta))))
}
continuous <- function(case, variable) {
  second <- function(f) switch(f$family$link, logit = function(e) { p <- plogis(e); p * (1 - p) * (1 - 2 * p) }, probit = function(e) -e * dnorm(e), log = exp, identity = function(e) 0 * e)
  effect(case, variable, function(b, f) b[[variable]] * f$family$mu.eta(drop(model.matrix(f) %*% b)), function(b, f) {
    X <- model.matrix(f); w <- weights(f$survey.design, "sampling"); e <- drop(X %*% b)
    J <- colSums(w * second(f)(e) * b[[variable]] * X) / sum(w); J[variable] <- J[variable] + sum(w * f$family$mu.eta(e)) / sum(w); J })
}
discrete <- function(case, variable, columns) {
  at <- function(f, on) { X <- model.matrix(f); X[, columns] <- 0; if (!is.null(on)) X[, on] <- 1; X }
  effect(case, variable, function(b, f) sapply(columns, function(one) f$family$linkinv(drop(at(f, one) %*% b)) - f$family$linkinv(drop(at(f, NULL) %*% b))),
    function(b, f) sapply(columns, function(one) { w <- weights(f$survey.design, "sampling"); X1 <- at(f, one); X0 <- at(f, NULL)
      colSums(w * (f$family$mu.eta(drop(X1 %*% b)) * X1 - f$family$mu.eta(drop(X0 %*% b)) * X0)) / sum(w) }))
}
for (case in c("strata, logit", "strata, probit", "strata, Poisson", "strata, linear")) { continuous(case, "api99"); discrete(case, "stype", c("stypeH", "stypeM")) }
for (case in c("clusters, logit", "two stages, logit")) continuous(case, "api99")

# ordered and multinomial models: Newton's method on the weighted log likelihood with exact derivatives by hand,
# errors from rows of influence through svyrecvar; svyolr beside them, which stops early and differentiates numerically
cdf <- list(logit = plogis, probit = pnorm, cloglog = function(x) -expm1(-exp(x)), loglog = function(x) exp(-exp(-x)))
density <- list(logit = dlogis, probit = dnorm, cloglog = function(x) exp(x - exp(x)), loglog = function(x) exp(-x - exp(-x)))
bend <- list(logit = function(x) dlogis(x) * (1 - 2 * plogis(x)), probit = function(x) -x * dnorm(x),
  cloglog = function(x) exp(x - exp(x)) * (1 - exp(x)), loglog = function(x) exp(-x - exp(-x)) * (exp(-x) - 1))
vary <- function(influence, d) if (inherits(d, "svyrep.design")) NULL else svyrecvar(influence, d$cluster, d$strata, d$fpc, postStrata = d$postStrata)
newton <- function(b, pieces) { for (i in 1:200) { p <- pieces(b); step <- solve(p$information, colSums(p$score)); b <- b + step; if (max(abs(step)) < 1e-13) break }; p <- pieces(b); list(b = b, p = p) }
ordered_pieces <- function(X, y, w, K, link) function(b) {
  k <- ncol(X); n <- nrow(X); beta <- b[seq_len(k)]; theta <- c(-Inf, b[k + 1:(K - 1)], Inf); eta <- drop(X %*% beta)
  up <- theta[y + 1] - eta; down <- theta[y] - eta; F <- cdf[[link]]
  zero <- function(v, x) ifelse(is.finite(x), v, 0)
  p <- ifelse(y == K, 1, F(up)) - ifelse(y == 1, 0, F(down))
  fu <- zero(density[[link]](up), up); fd <- zero(density[[link]](down), down); gu <- zero(bend[[link]](up), up); gd <- zero(bend[[link]](down), down)
  U <- cbind(-X, outer(y, 1:(K - 1), "==") * 1); D <- cbind(-X, outer(y - 1, 1:(K - 1), "==") * 1)
  score <- (U * fu - D * fd) / p
  information <- t(score) %*% (score * w) - (t(U) %*% (U * (w * gu / p)) - t(D) %*% (D * (w * gd / p)))
  list(score = score * w, rows = score, information = information, deviance = -2 * sum(w * log(p)))
}
ordinals <- list()
fit_ordered <- function(case, design, formula, link, right, response, levels, where = NA, olr = link) {
  d <- designs[[design]]; if (!is.na(where)) d <- eval(bquote(subset(d, .(parse(text = where)[[1]]))))
  v <- d$variables; v$y_ <- factor(v[[response]], levels = levels); d$variables <- v
  keep <- complete.cases(model.frame(update(as.formula(right), y_ ~ .), v, na.action = na.pass)); d <- d[keep, ]; v <- d$variables
  X <- model.matrix(as.formula(right), v)[, -1, drop = FALSE]; y <- as.integer(v$y_); K <- length(levels); w <- weights(d, "sampling"); w <- w / mean(w); m <- mean(weights(d, "sampling"))
  cuts <- cumsum(tapply(w, y, sum))[-K] / sum(w)
  z <- newton(c(rep(0, ncol(X)), if (link == "probit") qnorm(cuts) else if (link == "cloglog") log(-log(1 - cuts)) else if (link == "loglog") -log(-log(cuts)) else qlogis(cuts)), ordered_pieces(X, y, w, K, link))
  bread <- solve(z$p$information)
  V <- vary((z$p$rows * weights(d, "sampling")) %*% bread / m, d)
  row <- list(case = case, design = design, formula = formula, link = link, where = where, terms = c(colnames(X), paste(levels[-K], levels[-1], sep = "|")), estimate = unname(z$b),
    se = unname(sqrt(diag(V))), covariance = unname(V), deviance = z$p$deviance, df = degf(d) - ncol(X))
  if (!is.null(olr)) {
    r <- suppressWarnings(svyolr(update(as.formula(right), y_ ~ .), d, method = olr, control = list(reltol = 1e-16, maxit = 10000, ndeps = rep(1e-5, length(z$b)))))
    row <- c(row, list(svyolr = unname(c(r$coefficients, r$zeta)), svyolr_se = unname(sqrt(diag(vcov(r)))), svyolr_deviance = r$deviance, svyolr_df = r$df.residual))
  }
  ordinals[[length(ordinals) + 1]] <<- row
}
designs$strat <- update(designs$strat, level = cut(api00, c(0, 550, 650, 750, 1000), labels = c("low", "fair", "good", "high")))
designs$clus2 <- update(designs$clus2, level = cut(api00, c(0, 550, 650, 750, 1000), labels = c("low", "fair", "good", "high")))
designs$clus1 <- update(designs$clus1, level = cut(api00, c(0, 550, 650, 750, 1000), labels = c("low", "fair", "good", "high")))
four <- c("low", "fair", "good", "high"); ages <- c("0-19", "20-39", "40-59", "60+")
fit_ordered("strata, logit", "strat", "level ~ enroll + awards", "logit", "~ enroll + awards", "level", four, olr = "logistic")
fit_ordered("strata, probit", "strat", "level ~ enroll + stype", "probit", "~ enroll + stype", "level", four, olr = "probit")
fit_ordered("strata, cloglog", "strat", "level ~ enroll + stype", "cloglog", "~ enroll + stype", "level", four, olr = NULL)
fit_ordered("strata, loglog", "strat", "level ~ enroll + stype", "loglog", "~ enroll + stype", "level", four, olr = "cloglog")
fit_ordered("strata, where", "strat", "level ~ enroll", "logit", "~ enroll", "level", four, where = "stype != 'H'", olr = "logistic")
fit_ordered("clusters, logit", "clus1", "level ~ enroll + stype", "logit", "~ enroll + stype", "level", four, olr = "logistic")
fit_ordered("two stages, logit", "clus2", "level ~ enroll + awards", "logit", "~ enroll + awards", "level", four, olr = "logistic")
fit_ordered("two stages, probit", "clus2", "level ~ awards", "probit", "~ awards", "level", four, olr = "probit")
importance <- c("not", "notvery", "somewhat", "very")
fit_ordered("ces, logit", "ces", "importance ~ gender + education + urban", "logit", "~ gender + education + urban", "importance", importance, olr = "logistic")
fit_ordered("nhanes, logit", "nhanes", "agecat ~ C(race) + HI_CHOL", "logit", "~ factor(race) + HI_CHOL", "agecat", ages, olr = "logistic")
fit_ordered("nhanes, probit", "nhanes", "agecat ~ C(race) + C(RIAGENDR)", "probit", "~ factor(race) + factor(RIAGENDR)", "agecat", ages, olr = "probit")

multinomial_pieces <- function(X, y, w, K) function(b) {
  B <- matrix(b, ncol = K - 1); E <- exp(cbind(0, X %*% B)); P <- E / rowSums(E); k <- ncol(X)
  score <- do.call(cbind, lapply(2:K, function(j) X * ((y == j) - P[, j])))
  information <- matrix(0, k * (K - 1), k * (K - 1))
  for (i in 2:K) for (j in 2:K) information[(i - 2) * k + 1:k, (j - 2) * k + 1:k] <- t(X) %*% (X * (w * P[, i] * ((i == j) - P[, j])))
  list(score = score * w, rows = score, information = information, deviance = -2 * sum(w * log(P[cbind(seq_along(y), y)])), P = P)
}
multinomials <- list()
fit_multinomial <- function(case, design, formula, right, response, levels, where = NA) {
  d <- designs[[design]]; if (!is.na(where)) d <- eval(bquote(subset(d, .(parse(text = where)[[1]]))))
  v <- d$variables; v$y_ <- factor(v[[response]], levels = levels)
  keep <- complete.cases(model.frame(update(as.formula(right), y_ ~ .), v, na.action = na.pass))
  whole <- v[keep, ]; X <- model.matrix(as.formula(right), whole); y <- as.integer(whole$y_); K <- length(levels)
  run <- function(w, b) newton(b, multinomial_pieces(X, y, w / mean(w[w > 0]), K))
  row <- list(case = case, design = design, formula = formula, where = where, terms = rep(colnames(X), K - 1), outcome = rep(levels[-1], each = ncol(X)))
  w <- weights(d, "sampling")[keep]; z <- run(w, rep(0, ncol(X) * (K - 1)))
  if (inherits(d, "svyrep.design")) {
    V <- withReplicates(d, function(w, data) run(w[keep], z$b)$b); row$covariance <- unname(vcov(V)); row$df <- degf(d) + 1 - ncol(X)
  } else {
    d <- d[keep, ]; m <- mean(w); bread <- solve(z$p$information)
    row$covariance <- unname(vary((z$p$rows * w) %*% bread / m, d)); row$df <- degf(d) + 1 - ncol(X)
  }
  multinomials[[length(multinomials) + 1]] <<- c(row, list(estimate = unname(z$b), se = sqrt(diag(row$covariance)), deviance = z$p$deviance))
}
types <- c("E", "H", "M")
fit_multinomial("strata", "strat_wr", "stype ~ api99 + enroll", "~ api99 + enroll", "stype", types)
fit_multinomial("clusters", "clus1", "stype ~ api99 + enroll", "~ api99 + enroll", "stype", types)
fit_multinomial("clusters, where", "clus1", "stype ~ api99", "~ api99", "stype", types, where = "enroll > 300")
fit_multinomial("two stages", "clus2", "stype ~ api99 + awards", "~ api99 + awards", "stype", types)
fit_multinomial("two stages, missing values", "clus2", "stype ~ enroll", "~ enroll", "stype", types)
fit_multinomial("ces", "ces", "importance ~ gender + urban", "~ gender + urban", "importance", importance)
fit_multinomial("nhanes", "nhanes", "agecat ~ C(race) + HI_CHOL", "~ factor(race) + HI_CHOL", "agecat", ages)
fit_multinomial("jackknife", "jk1", "stype ~ api99", "~ api99", "stype", types)

write(toJSON(list(r = R.version.string, survey = as.character(packageVersion("survey")), glm = glms, tests = tests, hypotheses = hypotheses, margins = margins,
  effects = effects, ordered = ordinals, multinomial = multinomials), digits = NA, auto_unbox = TRUE, na = "null", null = "null", pretty = TRUE), file.path(out, "models.json"))
