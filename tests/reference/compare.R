# Reference values for analysis/verdict.py: Rscript tests/reference/compare.R > tests/reference/compare.json
# Base R only; options(digits = 17) so that nothing is lost in print.
library(jsonlite)
options(digits = 17)

new <- c(3.1, 4.0, 2.2, 5.0, 3.7, 4.4, 1.9, 3.3, 2.8, 4.9, 3.6)
published <- c(2.9, 3.1, 4.2, 3.8, 2.5, 4.6, 3.9)

side <- function(x) list(value = mean(x), se = sd(x) / sqrt(length(x)), df = length(x) - 1)
welch <- function(level) {
  test <- t.test(new, published, conf.level = level)
  list(level = level, difference = unname(test$estimate[1] - test$estimate[2]), df = unname(test$parameter),
       low = test$conf.int[1], high = test$conf.int[2], p = test$p.value)
}
tost <- function(margin) {
  lower <- t.test(new, published, mu = -margin, alternative = "greater")$p.value
  upper <- t.test(new, published, mu = margin, alternative = "less")$p.value
  list(margin = margin, p = max(lower, upper))
}
share <- function(p, n, deff, unit, level) {
  se <- sqrt(deff * p * (1 - p) / n + unit^2 / 12)
  reach <- qt(1 - (1 - level) / 2, n - 1) * se / (p * (1 - p))
  list(p = p, n = n, deff = deff, unit = unit, level = level, se = se,
       low = plogis(qlogis(p) - reach), high = plogis(qlogis(p) + reach))
}
p_values <- c(0.012, 0.2, 0.0004, 0.049, 0.03, 0.9)

cat(toJSON(list(
  R = R.version.string,
  new = side(new), published = side(published),
  welch = lapply(c(0.9, 0.95, 0.99), welch),
  tost = lapply(c(0.02, 0.5, 1, 1.5, 2), tost),
  holm = list(p = p_values, adjusted = p.adjust(p_values, "holm")),
  shares = list(share(0.77, 1173, 1.5, 0.01, 0.95), share(0.02, 2209, 1, 0.001, 0.9), share(0.5, 1000, 2.2, 0.01, 0.99))
), auto_unbox = TRUE, digits = NA, pretty = TRUE), "\n")
