# Contrasts, t tests and rank tests by R's survey package on data that ship with it:
# Rscript tests.R [output folder, default .]. Writes tests.json, every value at full precision.
suppressMessages({library(survey); library(jsonlite)})
out <- if (length(args <- commandArgs(trailingOnly = TRUE))) args[1] else "."
options(digits = 15, survey.lonely.psu = "fail", survey.adjust.domain.lonely = FALSE)
data(api); data(nhanes); data(scd)
rows <- list()
add <- function(...) rows[[length(rows) + 1]] <<- list(...)

# every seventh school has no score, every eleventh does not say whether it had an award
gaps <- function(frame) {
  frame$api00[seq_len(nrow(frame)) %% 7 == 0] <- NA
  frame$awards[seq_len(nrow(frame)) %% 11 == 0] <- NA
  frame
}
designs <- list(
  "srs" = svydesign(id = ~1, fpc = ~fpc, data = apisrs),
  "strata" = svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = apistrat),
  "clusters" = svydesign(id = ~dnum, weights = ~pw, fpc = ~fpc, data = apiclus1),
  "clusters, with replacement" = svydesign(id = ~dnum, weights = ~pw, data = apiclus1),
  "two stages" = svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, data = apiclus2),
  "strata with gaps" = svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = gaps(apistrat)),
  "two stages with gaps" = svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, data = gaps(apiclus2)),
  "elementary of two stages" = subset(svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, data = apiclus2), stype == "E"),
  "large of clusters" = subset(svydesign(id = ~dnum, weights = ~pw, fpc = ~fpc, data = apiclus1), enroll > 500),
  "JKn of strata" = as.svrepdesign(svydesign(id = ~1, strata = ~stype, weights = ~pw, data = apistrat), type = "JKn"),
  "JK1 of clusters" = as.svrepdesign(svydesign(id = ~dnum, weights = ~pw, data = apiclus1), type = "JK1"),
  "JK1 of clusters, mse" = as.svrepdesign(svydesign(id = ~dnum, weights = ~pw, data = apiclus1), type = "JK1", mse = TRUE),
  "JK1 of clusters, large" = subset(as.svrepdesign(svydesign(id = ~dnum, weights = ~pw, data = apiclus1), type = "JK1"), enroll > 500)
)

# contrasts ------------------------------------------------------------------------------------------------------
contrasts <- function(case, of, given, by, texts) {
  for (text in texts) {
    expression <- parse(text = text)[[1]]
    found <- eval(bquote(svycontrast(given, quote(.(expression)))))
    value <- if (is.list(found)) found[[1]] else found
    add(kind = "contrast", case = case, of = of, by = by, text = text, estimate = as.vector(value), se = sqrt(as.vector(attr(value, "var"))))
  }
}
levels3 <- c("E - H", "M - E", "(E + H) / 2 - M", "E / H", "log(E) - log(H)", "exp((E - M) / 100)", "E^2 / H", "2 * E - H - M", "sqrt(E) * H / M", "-E + 3")
for (case in setdiff(names(designs), "elementary of two stages")) {
  design <- designs[[case]]
  contrasts(case, "mean api00", svyby(~api00, ~stype, subset(design, !is.na(api00)), svymean, covmat = TRUE), "stype", levels3)
  contrasts(case, "total enroll", svyby(~enroll, ~stype, subset(design, !is.na(enroll)), svytotal, covmat = TRUE), "stype", c("E - H", "H / M"))
  contrasts(case, "mean api00 api99", svymean(~api00 + api99, design, na.rm = TRUE), NA, c("api00 - api99", "api00 / api99", "100 * (api00 - api99) / api99"))
  shares <- svymean(~stype, design)
  contrasts(case, "share stype", shares, NA, c("stypeE - stypeH", "stypeE / (1 - stypeE)", "log(stypeE / (1 - stypeE)) - log(stypeH / (1 - stypeH))"))
}
for (case in c("clusters", "two stages", "strata", "JK1 of clusters"))
  contrasts(case, "mean api00", svyby(~api00, ~awards + sch.wide, designs[[case]], svymean, covmat = TRUE), "awards sch.wide",
            c("`Yes.Yes` - `No.No`", "`Yes.Yes` / `No.Yes`"))
health <- svydesign(id = ~SDMVPSU, strata = ~SDMVSTRA, weights = ~WTMEC2YR, nest = TRUE, data = nhanes)
contrasts("nhanes", "mean HI_CHOL", svyby(~HI_CHOL, ~race, subset(health, !is.na(HI_CHOL)), svymean, covmat = TRUE), "race",
          c("`1` - `2`", "`1` / `4`", "log(`1`) - log(`3`)"))
# linear contrasts by coefficients, with their covariance
m <- svyby(~api00, ~stype, designs[["two stages"]], svymean, covmat = TRUE)
two <- svycontrast(m, list(first = c(E = 1, H = -1), second = c(E = .5, H = .5, M = -1)))
add(kind = "covariance", case = "two stages", values = as.vector(vcov(two)))

# t tests --------------------------------------------------------------------------------------------------------
t_test <- function(case, item, found, by = NA, value = 0, paired = NA, level = .95) {
  ci <- confint(found, level = level)
  add(kind = "t", case = case, item = item, by = by, value = value, paired = paired, level = level,
      estimate = found$estimate[[1]], statistic = found$statistic[[1]], df = found$parameter[[1]], p = found$p.value[[1]], low = ci[1], high = ci[2])
}
for (case in names(designs)) {
  design <- designs[[case]]
  t_test(case, "api00", svyttest(api00 ~ 0, design, na.rm = TRUE))
  t_test(case, "api00", svyttest(I(api00 - 650) ~ 0, design, na.rm = TRUE), value = 650, level = .9)
  t_test(case, "api00", svyttest(I(api00 - api99) ~ 0, design, na.rm = TRUE), paired = "api99")
  for (by in c("awards", "sch.wide", "comp.imp")) t_test(case, "api00", svyttest(reformulate(by, "api00"), design), by = by)
  t_test(case, "enroll", svyttest(enroll ~ comp.imp, design), by = "comp.imp", level = .99)
}
t_test("nhanes", "HI_CHOL", svyttest(HI_CHOL ~ RIAGENDR, health), by = "RIAGENDR")
t_test("nhanes", "HI_CHOL", svyttest(HI_CHOL ~ 0, health, na.rm = TRUE))
scd_brr <- suppressWarnings(svrepdesign(data = scd, type = "BRR", weights = rep(1, 6), combined.weights = FALSE,
  repweights = 2 * cbind(c(1, 0, 1, 0, 1, 0), c(1, 0, 0, 1, 0, 1), c(0, 1, 1, 0, 0, 1), c(0, 1, 0, 1, 1, 0))))
t_test("scd, BRR", "alive", svyttest(alive ~ 0, scd_brr))
t_test("scd, BRR", "arrests", svyttest(I(arrests - alive) ~ 0, scd_brr), paired = "alive")

# rank tests -----------------------------------------------------------------------------------------------------
kinds <- c("wilcoxon", "vanderWaerden", "median", "KruskalWallis")
rank_test <- function(case, item, by, test, found, k) {
  if (k == 2) add(kind = "rank", case = case, item = item, by = by, test = test, estimate = found$estimate[[1]],
    statistic = found$statistic[[1]], ndf = 1, ddf = found$parameter[[1]], p = found$p.value[[1]])
  # R's names of the two are exchanged: 'parameter' holds the chi-square, 'statistic' its degrees of freedom
  else add(kind = "rank", case = case, item = item, by = by, test = test, estimate = NA,
    statistic = found$parameter[[1]], ndf = found$statistic[[1]], ddf = found$ddf[[1]], p = found$p.value[[1]])
}
squares <- function(r, N) (r / N)^2
for (case in names(designs)) {
  design <- designs[[case]]; replicated <- inherits(design, "svyrep.design")
  for (kind in kinds) {
    for (by in c("awards", "sch.wide")) rank_test(case, "api00", by, kind, svyranktest(reformulate(by, "api00"), design, test = kind), 2)
    if (!replicated && case != "elementary of two stages")
      rank_test(case, "api00", "stype", kind, svyranktest(api00 ~ stype, design, test = kind), 3)
  }
  rank_test(case, "enroll", "comp.imp", "squares", svyranktest(enroll ~ comp.imp, design, test = squares), 2)
}
for (kind in kinds) {
  rank_test("nhanes", "HI_CHOL", "RIAGENDR", kind, svyranktest(HI_CHOL ~ RIAGENDR, health, test = kind), 2)
  rank_test("nhanes", "HI_CHOL", "race", kind, svyranktest(HI_CHOL ~ race, health, test = kind), 4)
}

write_json(list(R = R.version.string, survey = as.character(packageVersion("survey")), rows = rows),
           file.path(out, "tests.json"), digits = I(17), auto_unbox = TRUE, na = "null", pretty = FALSE)
