# Reference values for analysis/batteries: Rscript batteries.R [folder to write to] [folder of data]
# The new estimates and their covariance are survey's, of apistrat and apiclus1; the tests are written out in base R.
suppressMessages({library(survey); library(jsonlite)})
options(digits = 17)

arguments <- commandArgs(trailingOnly = TRUE)
target <- if (length(arguments) > 0) arguments[1] else "tests/reference"
folder <- if (length(arguments) > 1) arguments[2] else "tests/reference/data"
read <- function(name) read.csv(file.path(folder, paste0(name, ".csv")))
yes <- function(x) as.numeric(x == "Yes")
apistrat <- read("apistrat"); apiclus1 <- read("apiclus1")
designs <- list(
  apistrat = svydesign(~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = apistrat),
  apiclus1 = svydesign(~dnum, weights = ~pw, fpc = ~fpc, data = apiclus1)
)
designs <- lapply(designs, function(d) update(d, wide = yes(sch.wide), impr = yes(comp.imp), award = yes(awards)))

published <- c(wide = 0.79, impr = 0.62, award = 0.60)
published_n <- c(300, 280, 320)
deff <- 1.5
unit <- 0.01
level <- 0.95

# Krishnamoorthy and Yu (2004), equation 9; with a borrowed correlation both covariances count as one
degrees <- function(V1, n1, V2, n2, V, borrowed) {
  inverse <- solve(V); k <- nrow(V)
  part <- function(W, n) { M <- W %*% inverse; (sum(diag(M %*% M)) + sum(diag(M))^2) / n }
  k * (k + 1) / (if (borrowed) part(V1 + V2, min(n1, n2)) else part(V1, n1) + part(V2, n2))
}
hotelling <- function(d, V1, n1, V2, n2, V, borrowed) {
  k <- length(d); nu <- degrees(V1, n1, V2, n2, V, borrowed)
  chisq <- mahalanobis(d, rep(0, k), V)
  f <- chisq * (nu - k + 1) / (nu * k)
  p <- pf(f, k, nu - k + 1, lower.tail = FALSE)
  list(chisq = chisq, df = nu, statistic = f, ndf = k, ddf = nu - k + 1, p = p, bits = -log2(p))
}

whole <- function(name, borrowed, nonsampling, shared) {
  design <- designs[[name]]
  mean <- svymean(~wide + impr + award, design)
  new <- coef(mean); V1 <- vcov(mean); n1 <- degf(design); n <- nrow(design$variables)
  k <- length(new)
  R <- if (borrowed) cov2cor(V1) else diag(k)
  s <- sqrt(deff * published * (1 - published) / published_n)
  V2 <- outer(s, s) * R + diag(unit^2 / 12, k)
  n2 <- min(published_n) - 1
  known <- 2 * nonsampling^2 * (shared * matrix(1, k, k) + (1 - shared) * diag(k))
  V <- V1 + V2 + known
  d <- new - published

  wald <- hotelling(d, V1, n1, V2, n2, V, borrowed)
  # Rao and Scott (1984): eigenvalues of V in units of the variance between simple random samples of people alike
  p0 <- (n * new + published_n * published) / (n + published_n)
  v0 <- p0 * (1 - p0) * (1 / n + 1 / published_n)
  lambda <- Re(eigen(diag(1 / v0) %*% V)$values)
  x2 <- sum(d^2 / v0)
  ndf <- sum(lambda)^2 / sum(lambda^2)
  ddf <- ndf * sum(lambda)^2 / (sum(diag(V1) / v0)^2 / n1 + sum(diag(V2) / v0)^2 / n2)
  rao_scott <- list(x2 = x2, design_effect = mean(lambda), chisq = x2 / mean(lambda),
                    p_first = pchisq(x2 / mean(lambda), k, lower.tail = FALSE),
                    statistic = x2 / sum(lambda), ndf = ndf, ddf = ddf,
                    p = pf(x2 / sum(lambda), ndf, ddf, lower.tail = FALSE))
  # generalised least squares by the Cholesky root and lm; Rao's (1967) standard error
  L <- t(chol(V))
  fit <- lm(forwardsolve(L, d) ~ 0 + forwardsolve(L, rep(1, k)))
  left <- sum(residuals(fit)^2)
  own <- wald$df - k + 1
  se <- sqrt(summary(fit)$cov.unscaled[1, 1] * (wald$df + left) / own)
  b <- unname(coef(fit))
  shift <- list(estimate = b, se = se, df = own, low = b - qt(1 - (1 - level) / 2, own) * se,
                high = b + qt(1 - (1 - level) / 2, own) * se, p = 2 * pt(-abs(b / se), own), mean = mean(d))
  C <- cbind(-1, diag(k - 1))
  profile <- hotelling(as.vector(C %*% d), C %*% V1 %*% t(C), n1, C %*% V2 %*% t(C), n2, C %*% V %*% t(C), borrowed)
  # predictive checks of single items: Welch's degrees of freedom
  v <- diag(V)
  welch <- v^2 / (diag(V1)^2 / n1 + diag(V2)^2 / n2)
  p <- 2 * pt(-abs(d) / sqrt(v), welch)
  reach <- qt(1 - (1 - level) / 2, welch) * sqrt(v)
  items <- data.frame(item = names(published), low = pmax(0, published - reach), high = pmin(1, published + reach),
                      p = p, bits = -log2(p), row.names = NULL)
  list(design = name, borrowed = borrowed, nonsampling = nonsampling, shared = shared, n = n, df = n1,
       new = unname(new), covariance = unname(V1), published = unname(published), published_n = published_n,
       published_covariance = unname(V2), wald = wald, rao_scott = rao_scott, shift = shift, profile = profile,
       items = items)
}

# with nothing published in error, the F of regTermTest, apart from the factor (df - k + 1) / df that it leaves out
single <- function(name) {
  design <- designs[[name]]
  mean <- svymean(~wide + impr + award, design)
  k <- length(coef(mean)); df <- degf(design)
  d <- coef(mean) - published
  # regTermTest of the differences of a saturated model: item means of the stacked data, rows clustered as before
  long <- do.call(rbind, lapply(names(published), function(item) {
    data <- design$variables
    data$item <- item; data$y <- data[[item]] - published[[item]]; data$row <- seq_len(nrow(data)); data
  }))
  stacked <- if (name == "apistrat") svydesign(~row, strata = ~stype, weights = ~pw, fpc = ~fpc, data = long)
             else svydesign(~dnum, weights = ~pw, fpc = ~fpc, data = long)
  fit <- svyglm(y ~ 0 + item, stacked)
  test <- regTermTest(fit, ~item, df = df)
  list(design = name, df = df, chisq = mahalanobis(d, rep(0, k), vcov(mean)), regterm = unname(test$Ftest[1, 1]),
       regterm_p = unname(test$p[1, 1]),
       adjusted = unname(test$Ftest[1, 1]) * (df - k + 1) / df,
       p = pf(unname(test$Ftest[1, 1]) * (df - k + 1) / df, k, df - k + 1, lower.tail = FALSE))
}

cases <- expand.grid(name = names(designs), borrowed = c(TRUE, FALSE), stringsAsFactors = FALSE)
tiers <- list(c(0, 0), c(0.03, 0), c(0.03, 0.5), c(0.03, 1))
write(toJSON(list(
  R = R.version.string, survey = as.character(packageVersion("survey")),
  whole = unlist(lapply(seq_len(nrow(cases)), function(i) lapply(tiers, function(t)
    whole(cases$name[i], cases$borrowed[i], t[1], t[2]))), recursive = FALSE),
  single = lapply(names(designs), single)
), auto_unbox = TRUE, digits = NA, pretty = TRUE), file.path(target, "batteries.json"))
