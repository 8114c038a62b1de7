# Unknown eligibility and nonresponse, by classes, response propensity and strata of it, replayed on jackknife
# replicates: Rscript nonresponse.R [output folder, default .] [folder of the data, default data]
# Reads apistrat.csv and apiclus1.csv; writes nonresponse.json. redistribute() does what svrep::redistribute_weights
# does to one set of weights; svrep is not in Debian.
suppressMessages({library(survey); library(jsonlite)})
out <- if (length(args <- commandArgs(trailingOnly = TRUE))) args[1] else "."
here <- if (length(args) > 1) args[2] else "data"
options(digits = 15, warn = 2, survey.replicates.mse = FALSE)

# From the rows of reduce to those of increase, within classes
redistribute <- function(w, reduce, increase, by, counting = w) {
  class <- if (is.null(by)) rep(1L, length(w)) else as.integer(factor(by))
  total <- tapply(counting * (reduce | increase), class, sum); kept <- tapply(counting * increase, class, sum)
  factor_of <- ifelse(kept > 0, total / kept, 1)
  w <- ifelse(increase, w * factor_of[class], w)
  ifelse(reduce, 0, as.vector(w))
}
fitted_to <- function(formula, data, w) {
  # weights of mean 1: from its own start with weights of 34, glm() runs away in replicate 12 of apiclus1
  data$w_ <- w / mean(w)
  fit <- glm(formula, data = data, weights = w_, family = quasibinomial, control = list(epsilon = 1e-12, maxit = 100))
  as.vector(predict(fit, newdata = data, type = "response"))
}
propensity_strata <- function(p, count) {
  p <- round(p, 12)
  breaks <- round(quantile(p, seq_len(count - 1) / count, names = FALSE), 12)
  findInterval(p, breaks, left.open = TRUE)
}
adjustments <- function(data, pw) {
  all_in <- rep(TRUE, nrow(data)); r <- data$responded
  model <- responded ~ stype + api99
  strata <- propensity_strata(fitted_to(model, data, pw), 4)
  list(
    classes = function(w) redistribute(w, !r, r, interaction(data$awards, data$sch.wide)),
    unweighted = function(w) redistribute(w, !r, r, data$awards, counting = w / pw),
    propensity = function(w) ifelse(r, w / fitted_to(model, data, w), 0),
    "propensity unweighted" = function(w) ifelse(r, w / fitted_to(model, data, w / pw), 0),
    "propensity of categories" = function(w) ifelse(r, w / fitted_to(responded ~ awards + sch.wide, data, w), 0),
    strata = function(w) redistribute(w, !r, r, strata),
    recipe = function(w) {
      unknown <- data$status == "unknown"
      w <- redistribute(w, unknown, !unknown, data$awards)
      w <- ifelse(data$status == "ineligible", 0, w)
      use <- data$status == "eligible"
      w[use] <- redistribute(w[use], !r[use], r[use], data$sch.wide[use])
      as.vector(w * (c(E = 4421, H = 755, M = 1018) / tapply(w, data$stype, sum)[c("E", "H", "M")])[data$stype])
    }
  )
}
rows <- list(); weights_of <- list(); coefficients_of <- list()
add <- function(case, estimand, item, m, key = NA)
  rows[[length(rows) + 1]] <<- list(case = case, estimand = estimand, item = item, key = key, estimate = m[1], se = m[2])
emit <- function(case, design) {
  for (item in c("api00", "enroll")) {
    f <- reformulate(item)
    m <- svymean(f, design); add(case, "mean", item, c(coef(m), SE(m)))
    m <- svytotal(f, design); add(case, "total", item, c(coef(m), SE(m)))
    b <- svyby(f, ~comp.imp, design, svymean, keep.names = FALSE)
    for (i in seq_len(nrow(b))) add(case, "mean", item, c(b[i, item], SE(b)[i]), as.character(b$comp.imp[i]))
  }
}
# Linearised: what a row adds to the error through its own weight, less what it does to the factors of the others
linearised <- function(case, design, w, after, taken, x, regression, curvature) {
  data <- design$variables; known <- after > 0
  se <- function(z) {
    b <- solve(crossprod(x, x * curvature), crossprod(x, regression * z))
    sqrt(survey:::svyrecvar(matrix(after * z - taken * as.vector(x %*% b)), design$cluster, design$strata, design$fpc)[1, 1])
  }
  for (item in c("api00", "enroll")) {
    y <- data[[item]]; m <- sum(after * y) / sum(after)
    add(case, "mean", item, c(m, se((y - m) / sum(after)))); add(case, "total", item, c(sum(after * y), se(y)))
    for (key in c("No", "Yes")) {
      inside <- data$comp.imp == key; m <- sum((after * y)[inside]) / sum(after[inside])
      add(case, "mean", item, c(m, se((y - m) * inside / sum(after[inside]))), key)
    }
  }
}
indicators <- function(class) outer(as.vector(class), sort(unique(as.vector(class))), "==") + 0
for (name in c("apistrat", "apiclus1")) {
  data <- read.csv(file.path(here, paste0(name, ".csv")), stringsAsFactors = FALSE)
  digit <- (data$enroll * 7 + data$api00 * 3) %% 20
  data$status <- ifelse(digit < 2, "ineligible", ifelse(digit < 5, "unknown", "eligible"))
  data$responded <- (data$api99 * 3 + data$enroll) %% 10 < c(E = 8, H = 5, M = 6)[data$stype]
  base <- if (name == "apistrat") svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = data) else
    svydesign(id = ~dnum, weights = ~pw, fpc = ~fpc, data = data)
  jackknife <- as.svrepdesign(base, type = if (name == "apistrat") "JKn" else "JK1")
  replicate_weights <- weights(jackknife, "analysis"); pw <- as.vector(weights(base))
  for (case in names(steps <- adjustments(data, pw))) {
    step <- steps[[case]]; after <- step(pw)
    again <- svrepdesign(data = data, weights = after, repweights = apply(replicate_weights, 2, step), type = "other",
      combined.weights = TRUE, scale = jackknife$scale, rscales = jackknife$rscales, mse = FALSE)
    emit(paste(name, case), again); weights_of[[paste(name, case)]] <- as.vector(after)
  }
  r <- data$responded; class <- interaction(data$awards, data$sch.wide, drop = TRUE)
  after <- steps$classes(pw)
  linearised(paste(name, "classes linearised"), base, pw, after, after - pw, indicators(class), after, after)
  after <- steps$unweighted(pw); number <- ifelse(r, after / pw, 0)
  linearised(paste(name, "unweighted linearised"), base, pw, after, number - 1, indicators(data$awards), after, number)
  fit <- svyglm(responded ~ stype + api99, base, family = quasibinomial, control = list(epsilon = 1e-12, maxit = 100))
  coefficients_of[[name]] <- as.list(coef(fit)); p <- as.vector(fitted(fit)); x <- model.matrix(fit)
  after <- steps$propensity(pw)
  linearised(paste(name, "propensity linearised"), base, pw, after, pw * (r - p), x, after * (1 - p), pw * p * (1 - p))
}
write_json(list(R = R.version.string, survey = as.character(packageVersion("survey")), rows = rows, weights = weights_of,
                coefficients = coefficients_of), file.path(out, "nonresponse.json"), digits = NA, auto_unbox = TRUE, na = "null")
