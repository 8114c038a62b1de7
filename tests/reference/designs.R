# Unequal probabilities, ratios and subpopulations by R's survey package: Rscript designs.R [output folder, default .]
# Writes designs.json and, in data/, the columns that survey.R does not write already.
suppressMessages({library(survey); library(jsonlite)})
out <- if (length(args <- commandArgs(trailingOnly = TRUE))) args[1] else "."
dir.create(file.path(out, "data"), showWarnings = FALSE, recursive = TRUE)
options(digits = 15, survey.lonely.psu = "fail", survey.adjust.domain.lonely = FALSE)
data(api); data(nhanes); data(election)

save <- function(frame, name) {
  for (n in names(frame)) if (is.double(frame[[n]])) {
    missing <- is.na(frame[[n]])
    frame[[n]] <- formatC(frame[[n]], digits = 17, format = "g", width = 1)
    frame[[n]][missing] <- NA
  }
  write.csv(frame, file.path(out, "data", paste0(name, ".csv")), row.names = FALSE, na = "", quote = FALSE)
}
rows <- list()
add <- function(case, estimand, item, estimate, se, key = NA, deff = NA, df = NA, where = NA, low = NA, high = NA)
  rows[[length(rows) + 1]] <<- list(case = case, estimand = estimand, item = item, key = key, where = where,
    estimate = estimate, se = se, deff = deff, df = df, low = low, high = high)
both <- function(case, design, items, by = NULL, where = NA) for (item in items) for (estimand in c("mean", "total")) {
  fun <- if (estimand == "mean") svymean else svytotal
  m <- fun(reformulate(item), design, na.rm = TRUE)
  add(case, estimand, item, coef(m)[[1]], SE(m)[[1]], df = degf(design), where = where)
  if (!is.null(by)) {
    b <- svyby(reformulate(item), reformulate(by), design, fun, na.rm = TRUE, keep.names = FALSE)
    for (i in seq_len(nrow(b))) add(case, estimand, item, b[i, item], SE(b)[i], key = as.character(b[i, by]), where = where)
  }
}
ratio <- function(case, design, over, under, by = NULL, where = NA, deff = TRUE) {
  item <- paste(over, "/", under)
  r <- svyratio(reformulate(over), reformulate(under), design, na.rm = TRUE, deff = deff)
  ci <- confint(r, df = degf(design))
  add(case, "ratio", item, coef(r)[[1]], SE(r)[[1]], deff = if (deff) deff(r)[[1]] else NA, df = degf(design), where = where,
    low = ci[1], high = ci[2])
  if (!is.null(by)) {
    b <- svyby(reformulate(over), reformulate(by), denominator = reformulate(under), design, svyratio, na.rm = TRUE, keep.names = FALSE)
    for (i in seq_len(nrow(b))) add(case, "ratio", item, coef(b)[[i]], SE(b)[[i]], key = as.character(b[i, by]), where = where)
  }
}

# unequal probabilities without replacement
votes <- c("Bush", "Kerry", "Nader")
election_pps$big <- ifelse(election_pps$votes > 20000, "big", "small")
pps <- list("Brewer" = svydesign(id = ~1, fpc = ~p, data = election_pps, pps = "brewer"),
  "Horvitz-Thompson" = svydesign(id = ~1, fpc = ~p, data = election_pps, pps = ppsmat(election_jointprob), variance = "HT"),
  "Yates-Grundy" = svydesign(id = ~1, fpc = ~p, data = election_pps, pps = ppsmat(election_jointprob), variance = "YG"),
  "with replacement" = svydesign(id = ~1, weights = ~wt, data = election_pps))
for (name in names(pps)) {
  case <- paste("election,", name)
  both(case, pps[[name]], votes, by = "big")
  ratio(case, pps[[name]], "Bush", "Kerry", deff = FALSE)
}
save(election_pps[c("County", votes, "votes", "big", "p", "wt")], "election_pps")
write.table(apply(election_jointprob, 2, formatC, digits = 17, format = "g", width = 1), file.path(out, "data", "election_jointprob.csv"),
  sep = ",", row.names = FALSE, col.names = FALSE, quote = FALSE)

# unequal probabilities at two stages and in strata; the probabilities follow from made-up sizes
# (sorted by unit: R's onestrat takes multipliers in order of appearance but totals in sorted order)
two <- apiclus2[order(apiclus2$dnum, apiclus2$snum), c("dnum", "snum", "stype", "api00", "enroll", "api.stu")]
two$p1 <- pmin(0.9, ave(two$api.stu, two$dnum, FUN = mean) / 3000 + 0.02)
two$p2 <- pmin(1, ave(rep(1, nrow(two)), two$dnum, FUN = sum) * two$api.stu / (1.6 * ave(two$api.stu, two$dnum, FUN = sum)))
two$p2[ave(rep(1, nrow(two)), two$dnum, FUN = sum) == 1] <- 1
both("two stages, Brewer", svydesign(id = ~dnum + snum, fpc = ~p1 + p2, data = two, pps = "brewer"), c("api00", "enroll"), by = "stype")
save(two, "two_stage_pps")
strat <- apistrat[c("stype", "api00", "enroll", "sch.wide")]
strat$p <- pmin(0.95, strat$enroll / tapply(strat$enroll, strat$stype, sum)[as.character(strat$stype)] * 20)
both("strata, Brewer", svydesign(id = ~1, strata = ~stype, fpc = ~p, data = strat, pps = "brewer"), c("api00", "enroll"), by = "sch.wide")
save(strat, "strata_pps")

# ratios
ratio("srs", svydesign(id = ~1, fpc = ~fpc, data = apisrs), "api.stu", "enroll", by = "stype")
ratio("strata", svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = apistrat), "api.stu", "enroll", by = "sch.wide")
ratio("clusters", svydesign(id = ~dnum, weights = ~pw, fpc = ~fpc, data = apiclus1), "api.stu", "enroll", by = "stype")
ratio("two stages", svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, data = apiclus2), "api.stu", "enroll", by = "stype")

# subpopulations keep the design; R counts the degrees of freedom of the part
subsets <- function(case, design, items, conditions, over = NULL) for (where in conditions) {
  part <- eval(bquote(subset(design, .(parse(text = where)[[1]]))))
  both(case, part, items, where = where)
  if (!is.null(over)) ratio(case, part, over[1], over[2], where = where, deff = FALSE)
}
subsets("strata", svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = apistrat), c("api00", "enroll"),
  c("api99 > 600", "stype == 'E' & enroll > 300"), over = c("api.stu", "enroll"))
subsets("two stages", svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, data = apiclus2), c("api00", "enroll"),
  c("stype == 'H'", "api00 > 650"), over = c("api.stu", "enroll"))
subsets("nhanes", svydesign(id = ~SDMVPSU, strata = ~SDMVSTRA, weights = ~WTMEC2YR, nest = TRUE, data = nhanes), "HI_CHOL",
  c("RIAGENDR == 1", "race == 3"))
types <- data.frame(stype = c("E", "H", "M"), Freq = c(4421, 755, 1018))
raked <- calibrate(svydesign(id = ~dnum, weights = ~pw, fpc = ~fpc, data = apiclus1), ~stype - 1,
  population = c(stypeE = 4421, stypeH = 755, stypeM = 1018), calfun = "raking", epsilon = 1e-12)
subsets("clusters, raked", raked, c("api00", "enroll"), c("api99 > 600", "sch.wide == 'Yes'"))
save(apistrat[c("stype", "pw", "fpc", "api00", "api99", "enroll", "api.stu", "sch.wide")], "apistrat_ratio")
save(apisrs[c("stype", "pw", "fpc", "api00", "api99", "enroll", "api.stu", "sch.wide")], "apisrs_ratio")
save(apiclus1[c("dnum", "stype", "pw", "fpc", "api00", "api99", "enroll", "api.stu", "sch.wide")], "apiclus1_ratio")
save(apiclus2[c("dnum", "snum", "stype", "pw", "fpc1", "fpc2", "api00", "api99", "enroll", "api.stu", "sch.wide")], "apiclus2_ratio")

write_json(list(r = R.version.string, survey = as.character(packageVersion("survey")), rows = rows), file.path(out, "designs.json"),
  digits = NA, auto_unbox = TRUE, na = "null", pretty = FALSE)
cat(length(rows), "rows\n")
