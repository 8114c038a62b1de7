# Crosstabs, tests of independence and multiple-response sets by R's survey package on data that ship with it:
# Rscript crosstabs.R [output folder, default .]. Writes crosstabs.json, every value at full precision.
suppressMessages({library(survey); library(jsonlite)})
out <- if (length(args <- commandArgs(trailingOnly = TRUE))) args[1] else "."
options(digits = 15, survey.lonely.psu = "fail", survey.adjust.domain.lonely = FALSE)
data(api); data(nhanes)
# as text: svychisq gives no number where a factor has a level that is not there
nhanes$agecat <- c("0-19", "20-39", "40-59", "60+")[as.integer(nhanes$agecat)]
rows <- list()
add <- function(...) rows[[length(rows) + 1]] <<- list(...)

# every seventh school has no type, every eleventh does not say whether it had an award
gaps <- function(frame) {
  frame$stype[seq_len(nrow(frame)) %% 7 == 0] <- NA
  frame$awards[seq_len(nrow(frame)) %% 11 == 0] <- NA
  frame
}
two_stages <- svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, data = apiclus2)
clusters_wr <- svydesign(id = ~dnum, weights = ~pw, data = apiclus1)
health <- svydesign(id = ~SDMVPSU, strata = ~SDMVSTRA, weights = ~WTMEC2YR, nest = TRUE, data = nhanes)
margin <- sum(weights(clusters_wr)) * c("(Intercept)" = 1, stypeH = 0.2, stypeM = 0.3)
designs <- list(
  "raked clusters" = calibrate(clusters_wr, ~stype, margin, calfun = "raking", epsilon = 1e-13, maxit = 1000),
  "srs" = svydesign(id = ~1, fpc = ~fpc, data = apisrs),
  "strata" = svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = apistrat),
  "clusters" = svydesign(id = ~dnum, weights = ~pw, fpc = ~fpc, data = apiclus1),
  "clusters, with replacement" = clusters_wr,
  "two stages" = two_stages,
  "two stages with gaps" = svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, data = gaps(apiclus2)),
  "clusters with gaps" = svydesign(id = ~dnum, weights = ~pw, fpc = ~fpc, data = gaps(apiclus1)),
  "elementary of two stages" = subset(two_stages, stype == "E"),
  "large of clusters" = subset(clusters_wr, enroll > 500),
  "JKn of strata" = as.svrepdesign(svydesign(id = ~1, strata = ~stype, weights = ~pw, data = apistrat), type = "JKn"),
  "JK1 of clusters" = as.svrepdesign(clusters_wr, type = "JK1"),
  "JK1 of clusters, mse" = as.svrepdesign(clusters_wr, type = "JK1", mse = TRUE),
  "JK1 of clusters, large" = subset(as.svrepdesign(clusters_wr, type = "JK1"), enroll > 500),
  "nhanes" = health, "nhanes, adults" = subset(health, agecat != "0-19"),
  "nhanes, JKn" = as.svrepdesign(health, type = "JKn")
)
tables <- list(c("awards", "sch.wide"), c("stype", "awards"), c("sch.wide", "stype"), c("awards", "comp.imp"))
health_tables <- list(c("race", "HI_CHOL"), c("agecat", "HI_CHOL"), c("race", "agecat"), c("race", "RIAGENDR"))
tables_of <- function(case) {
  if (startsWith(case, "nhanes")) return(if (grepl("adults|JKn", case)) health_tables[c(1, 2, 4)] else health_tables)
  if (startsWith(case, "elementary") || startsWith(case, "raked")) tables[c(1, 4)] else tables
}
formula_of <- function(pair) as.formula(paste("~", pair[1], "+", pair[2]))

# independence ---------------------------------------------------------------------------------------------------
for (case in names(designs)) for (pair in tables_of(case)) {
  for (statistic in c("F", "Chisq", "Wald", "adjWald", "saddlepoint")) {
    found <- svychisq(formula_of(pair), designs[[case]], statistic = statistic)
    degrees <- unname(found$parameter)
    add(kind = "independence", case = case, row = pair[1], column = pair[2], test = statistic, statistic = found$statistic[[1]],
        ndf = if (length(degrees)) degrees[1] else NA, ddf = if (length(degrees) > 1) degrees[2] else NA, p = found$p.value[[1]])
  }
}

# percentages ----------------------------------------------------------------------------------------------------
shares <- function(case, pair, design, percent) {
  answered <- eval(bquote(subset(design, !is.na(.(as.name(pair[1]))) & !is.na(.(as.name(pair[2]))))))
  # an indicator for each cell; its mean in the subset of the percentage's base is the percentage
  values <- lapply(pair, function(name) sort(unique(as.character(answered$variables[[name]]))))
  for (one in values[[1]]) for (other in values[[2]]) {
    hit <- eval(bquote(update(answered, .hit = as.numeric(as.character(.(as.name(pair[1]))) == .(one) & as.character(.(as.name(pair[2]))) == .(other)))))
    base <- switch(percent, total = hit,
      row = eval(bquote(subset(hit, as.character(.(as.name(pair[1]))) == .(one)))),
      column = eval(bquote(subset(hit, as.character(.(as.name(pair[2]))) == .(other)))))
    m <- svymean(~.hit, base)
    # the degrees of freedom of the whole design, for a subpopulation as well
    ci <- confint(m, df = degf(if (case == "large of clusters") clusters_wr else design))
    add(kind = "share", case = case, row = pair[1], column = pair[2], percent = percent, one = one, other = other,
        estimate = coef(m)[[1]], se = SE(m)[[1]], low = ci[1], high = ci[2])
  }
}
for (case in c("srs", "strata", "two stages", "two stages with gaps", "JK1 of clusters", "large of clusters"))
  for (percent in c("row", "column", "total")) shares(case, tables[[2]], designs[[case]], percent)
for (percent in c("row", "column", "total")) shares("nhanes", health_tables[[1]], health, percent)

# odds ratios ----------------------------------------------------------------------------------------------------
for (case in c("srs", "strata", "two stages", "two stages with gaps", "JKn of strata")) {
  cells <- svymean(~interaction(sch.wide, comp.imp), designs[[case]], na.rm = TRUE)
  names(cells) <- c("p11", "p21", "p12", "p22")
  dimnames(attr(cells, "var")) <- NULL
  logged <- svycontrast(cells, quote(log(p11) + log(p22) - log(p21) - log(p12)))
  add(kind = "odds", case = case, row = "sch.wide", column = "comp.imp", estimate = exp(as.vector(logged)), se = as.vector(SE(logged)), df = degf(designs[[case]]))
}

# multiple response ----------------------------------------------------------------------------------------------
# the columns awards, sch.wide and comp.imp as a set of three boxes that a school may tick
marks <- c("awards", "sch.wide", "comp.imp")
for (case in c("srs", "strata", "clusters", "two stages", "JK1 of clusters")) {
  design <- update(designs[[case]], t1 = as.numeric(awards == "Yes"), t2 = as.numeric(sch.wide == "Yes"), t3 = as.numeric(comp.imp == "Yes"))
  design <- update(design, ticks = t1 + t2 + t3)
  people <- svymean(~t1 + t2 + t3, design)
  mentions <- svyratio(~t1 + t2 + t3, ~ticks, design)
  for (at in 1:3) {
    add(kind = "set", case = case, of = "respondents", column = marks[at], key = NA, estimate = coef(people)[[at]], se = SE(people)[[at]])
    add(kind = "set", case = case, of = "mentions", column = marks[at], key = NA, estimate = coef(mentions)[[at]], se = SE(mentions)[[at]])
  }
  for (key in c("E", "H", "M")) {
    group <- eval(bquote(subset(design, stype == .(key))))
    people <- svymean(~t1 + t2 + t3, group)
    mentions <- svyratio(~t1 + t2 + t3, ~ticks, group)
    for (at in 1:3) {
      add(kind = "set", case = case, of = "respondents", column = marks[at], key = key, estimate = coef(people)[[at]], se = SE(people)[[at]])
      add(kind = "set", case = case, of = "mentions", column = marks[at], key = key, estimate = coef(mentions)[[at]], se = SE(mentions)[[at]])
    }
  }
}

write_json(list(R = R.version.string, survey = as.character(packageVersion("survey")), rows = rows),
           file.path(out, "crosstabs.json"), digits = I(17), auto_unbox = TRUE, na = "null", pretty = FALSE)
