# Estimates by R's survey package on data that ship with it: Rscript survey.R [output folder, default .]
# Writes survey.json (every value at full precision) and data/*.csv (the columns the estimates need).
suppressMessages({library(survey); library(jsonlite)})
out <- if (length(args <- commandArgs(trailingOnly = TRUE))) args[1] else "."
dir.create(file.path(out, "data"), showWarnings = FALSE, recursive = TRUE)
options(digits = 15, survey.lonely.psu = "fail", survey.adjust.domain.lonely = FALSE)
data(api); data(nhanes); data(fpc); data(mu284); data(scd); data(hospital)

save <- function(frame, name) write.csv(format_exact(frame), file.path(out, "data", paste0(name, ".csv")), row.names = FALSE, na = "")
format_exact <- function(frame) {
  for (n in names(frame)) if (is.double(frame[[n]])) {
    missing <- is.na(frame[[n]])
    frame[[n]] <- formatC(frame[[n]], digits = 15, format = "g", width = 1)
    frame[[n]][missing] <- NA
  }
  frame
}
rows <- list()
add <- function(case, estimand, item, estimate, se, deff = NA, category = NA, key = NA, df = NA, low = NA, high = NA, interval = NA) {
  if (se < 1e-14 * abs(estimate)) { se <- 0; deff <- NA }  # rounding noise around a variance of zero
  rows[[length(rows) + 1]] <<- list(case = case, estimand = estimand, item = item, category = category, key = key,
    estimate = estimate, se = se, deff = deff, df = df, low = low, high = high, interval = interval)
}

numeric_items <- function(case, design, items, by = NULL, deff = TRUE) {
  whole <- degf(design)
  for (item in items) for (estimand in c("mean", "total")) {
    f <- reformulate(item); fun <- if (estimand == "mean") svymean else svytotal
    m <- fun(f, design, na.rm = TRUE, deff = deff)
    ci <- confint(m, df = whole)
    add(case, estimand, item, coef(m)[[1]], SE(m)[[1]], deff(m)[[1]], df = whole, low = ci[1], high = ci[2], interval = "t")
    if (!is.null(by)) {
      b <- svyby(f, reformulate(by), design, fun, na.rm = TRUE, deff = deff, keep.names = FALSE)
      for (i in seq_len(nrow(b))) add(case, estimand, item, b[i, item], SE(b)[i], b[i, ncol(b)], key = as.character(b[i, by]), df = whole)
    }
  }
}
# Korn and Graubard's interval of a group, with the n and df of its subset; R has none where the variance is 0
group_beta <- function(case, design, item, category, by, key, whole) {
  group <- eval(bquote(subset(design, as.character(.(as.name(by))) == .(key))))
  if (degf(group) < 1) return(invisible())
  m <- svyciprop(~.hit, group, method = "beta")
  p <- as.vector(m); se <- sqrt(as.vector(attr(m, "var"))); ci <- attr(m, "ci")
  if (se > 1e-12) add(case, "proportion", item, p, se, category = category, key = key, df = whole,
    low = ci[[1]], high = ci[[2]], interval = "beta")
}
shares <- function(case, design, items, by = NULL, intervals = c("logit", "beta", "mean"), deff = TRUE) {
  whole <- degf(design)
  for (item in items) {
    values <- design$variables[[item]]
    for (category in sort(as.character(unique(values[!is.na(values)])))) {
      one <- eval(bquote(update(design, .hit = as.numeric(as.character(.(as.name(item))) == .(category)))))
      m <- svymean(~.hit, one, na.rm = TRUE, deff = deff)
      answered <- subset(one, !is.na(.hit))
      for (method in intervals) {
        ci <- attr(svyciprop(~.hit, answered, method = method, df = if (method == "beta") degf(answered) else whole), "ci")
        add(case, "proportion", item, coef(m)[[1]], SE(m)[[1]], deff(m)[[1]], category = category, df = whole,
            low = ci[[1]], high = ci[[2]], interval = method)
      }
      if (!is.null(by)) {
        b <- svyby(~.hit, reformulate(by), one, svymean, na.rm = TRUE, deff = deff, keep.names = FALSE)
        for (i in seq_len(nrow(b))) add(case, "proportion", item, b[i, ".hit"], SE(b)[i], b[i, ncol(b)],
          category = category, key = as.character(b[i, by]), df = whole)
        if ("beta" %in% intervals) for (key in as.character(b[[by]])) group_beta(case, answered, item, category, by, key, whole)
      }
    }
  }
}

keep <- c("stype", "sch.wide", "awards", "comp.imp", "api00", "api99", "enroll", "pw", "fpc", "dnum", "snum", "fpc1", "fpc2")
of <- function(frame) frame[, intersect(keep, names(frame))]
save(of(apisrs), "apisrs"); save(of(apistrat), "apistrat"); save(of(apiclus1), "apiclus1"); save(of(apiclus2), "apiclus2")
api_items <- c("api00", "enroll")

srs <- svydesign(id = ~1, fpc = ~fpc, data = apisrs)
numeric_items("srs, weights from fpc", srs, api_items, "stype"); shares("srs, weights from fpc", srs, c("stype", "awards"), "sch.wide")
srs_wr <- svydesign(id = ~1, weights = ~pw, data = apisrs)
numeric_items("srs, with replacement", srs_wr, api_items, "stype"); shares("srs, with replacement", srs_wr, c("stype", "awards"), "sch.wide")
strat <- svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = apistrat)
numeric_items("strata", strat, c(api_items, "api99"), "sch.wide"); shares("strata", strat, c("sch.wide", "awards", "comp.imp"), "stype")
strat_wr <- svydesign(id = ~1, strata = ~stype, weights = ~pw, data = apistrat)
numeric_items("strata, with replacement", strat_wr, api_items, "sch.wide"); shares("strata, with replacement", strat_wr, "awards", "stype")
apistrat$fraction <- c(E = 100 / 4421, H = 50 / 755, M = 50 / 1018)[as.character(apistrat$stype)]
fraction <- svydesign(id = ~1, strata = ~stype, fpc = ~fraction, data = apistrat)
save(apistrat[, c("stype", "sch.wide", "api00", "enroll", "fraction")], "apistrat_fraction")
numeric_items("strata, fpc as fractions", fraction, api_items, "sch.wide")
clus1 <- svydesign(id = ~dnum, weights = ~pw, fpc = ~fpc, data = apiclus1)
numeric_items("clusters", clus1, api_items, "stype"); shares("clusters", clus1, c("stype", "awards"), "sch.wide")
clus1_wr <- svydesign(id = ~dnum, weights = ~pw, data = apiclus1)
numeric_items("clusters, with replacement", clus1_wr, api_items, "stype"); shares("clusters, with replacement", clus1_wr, "awards", "sch.wide")
clus2 <- svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, data = apiclus2)
numeric_items("two stages, weights from fpc", clus2, api_items, "stype"); shares("two stages, weights from fpc", clus2, c("stype", "awards"), "sch.wide")
clus2_wr <- svydesign(id = ~dnum + snum, weights = ~pw, data = apiclus2)
numeric_items("two stages, no fpc", clus2_wr, api_items, "stype"); shares("two stages, no fpc", clus2_wr, "awards", "sch.wide")

health <- nhanes[, c("SDMVPSU", "SDMVSTRA", "WTMEC2YR", "HI_CHOL", "race", "agecat", "RIAGENDR")]
levels(health$agecat) <- c("0-19", "20-39", "40-59", "60+")
save(health, "nhanes")
nh <- svydesign(id = ~SDMVPSU, strata = ~SDMVSTRA, weights = ~WTMEC2YR, nest = TRUE, data = health)
numeric_items("nhanes", nh, "HI_CHOL", "agecat"); shares("nhanes", nh, c("HI_CHOL", "race"), "agecat")
shares("nhanes, deff with replacement", nh, "race", "agecat", "logit", "replace")

save(fpc, "fpc")
small <- svydesign(id = ~psuid, strata = ~stratid, weights = ~weight, nest = TRUE, data = fpc)
numeric_items("fpc data, with replacement", small, "x", "stratid")
small_fpc <- svydesign(id = ~psuid, strata = ~stratid, weights = ~weight, fpc = ~Nh, nest = TRUE, data = fpc)
numeric_items("fpc data", small_fpc, "x", "stratid")
save(mu284, "mu284")
numeric_items("mu284", svydesign(id = ~id1 + id2, fpc = ~n1 + n2, data = mu284), "y1")
save(scd, "scd")
numeric_items("scd", suppressWarnings(svydesign(data = scd, id = ~ambulance, strata = ~ESA, nest = TRUE)), c("arrests", "alive"), "ESA", "replace")
save(hospital, "hospital")
numeric_items("hospital", svydesign(strata = ~oblevel, id = ~hospno, fpc = ~tothosp, weights = ~weighta, data = hospital), "births", "oblevel")

# strata at two stages, drawn by hand from the two-stage sample: districts by size, schools within them by level
two <- apiclus2
two$region <- ifelse(two$dnum <= 400, "south", "north")
two$level <- ifelse(two$stype == "E", "primary", "secondary")
regions <- tapply(two$dnum, two$region, function(d) length(unique(d)))
two$districts <- as.vector(regions[two$region]) * ifelse(two$region == "south", 12, 17)
schools <- ave(seq_along(two$dnum), two$dnum, two$level, FUN = length)
two$schools <- schools * 2 + (two$level == "primary") * 3
save(two[, c("dnum", "snum", "region", "level", "districts", "schools", "api00", "enroll", "stype", "awards")], "two_stage_strata")
for (rule in c("adjust", "certainty")) {
  options(survey.lonely.psu = rule)
  deep <- svydesign(id = ~dnum + snum, strata = ~region + level, fpc = ~districts + schools, nest = TRUE, data = two)
  numeric_items(paste("strata at two stages,", rule), deep, api_items, "stype")
  shares(paste("strata at two stages,", rule), deep, "awards", "stype", "logit")
}
small_groups <- apiclus2[, c("dnum", "snum", "fpc1", "fpc2", "pw", "awards", "stype")]
small_groups$part <- with(apiclus2, ifelse(api00 > 850, "top", ifelse(api00 > 750, "high", ifelse(api00 < 480, "low", "middle"))))
save(small_groups, "small_groups")
shares("small groups, clusters", svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, data = small_groups), c("awards", "stype"), "part")
shares("small groups, with replacement", svydesign(id = ~1, weights = ~pw, data = small_groups), c("awards", "stype"), "part")
lone <- apistrat[c(1:100, 101, 151:200), ]
lone$dnum <- NULL
save(lone[, c("stype", "sch.wide", "awards", "api00", "enroll", "pw", "fpc")], "lone")
for (rule in c("adjust", "certainty", "average")) {
  options(survey.lonely.psu = rule)
  alone <- svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = lone)
  numeric_items(paste("lone,", rule), alone, api_items, "sch.wide")
  shares(paste("lone,", rule), alone, "awards", "sch.wide", "logit")
}

write_json(list(R = R.version.string, survey = as.character(packageVersion("survey")), rows = rows),
           file.path(out, "survey.json"), digits = I(17), auto_unbox = TRUE, na = "null", pretty = FALSE)
