# Household crowding and the Youth Risk Behaviour Survey by R's survey package: Rscript textbooks.R [output folder, default .]
# Writes textbooks.json, and data/crowd.csv and data/yrbs.csv.gz.
suppressMessages({library(survey); library(jsonlite)})
out <- if (length(args <- commandArgs(trailingOnly = TRUE))) args[1] else "."
dir.create(file.path(out, "data"), showWarnings = FALSE, recursive = TRUE)
options(digits = 15, survey.lonely.psu = "fail")
data(crowd); data(yrbs)
rows <- list()
add <- function(case, estimand, item, estimate, se, df, interval = NA, low = NA, high = NA)
  rows[[length(rows) + 1]] <<- list(case = case, estimand = estimand, item = item, estimate = estimate, se = se, df = df,
    interval = interval, low = low, high = high)

# crowding: persons per room, six clusters in three strata (Rust 1985, Journal of Official Statistics 1(4))
taylor <- svydesign(id = ~cluster, strata = ~stratum, weights = ~weight, data = crowd)
designs <- list("crowd, Taylor" = taylor, "crowd, JKn" = as.svrepdesign(taylor, type = "JKn"),
  "crowd, BRR" = as.svrepdesign(taylor, type = "BRR"), "crowd, Fay" = as.svrepdesign(taylor, type = "Fay", fay.rho = 0.3),
  "crowd, JK1" = as.svrepdesign(svydesign(id = ~cluster, weights = ~weight, data = crowd), type = "JK1"))
for (case in names(designs)) {
  d <- designs[[case]]
  r <- svyratio(~person, ~rooms, d)
  add(case, "ratio", "person / rooms", coef(r)[[1]], SE(r)[[1]], degf(d))
  for (item in c("person", "rooms")) {
    m <- svymean(reformulate(item), d); t <- svytotal(reformulate(item), d)
    add(case, "mean", item, coef(m)[[1]], SE(m)[[1]], degf(d))
    add(case, "total", item, coef(t)[[1]], SE(t)[[1]], degf(d))
  }
}

# a share close to 0.1 of a large clustered sample, by every interval that svyciprop knows
school <- svydesign(id = ~psu, strata = ~stratum, weights = ~weight, nest = TRUE, data = yrbs)
for (interval in c("logit", "asin", "beta", "mean", "xlogit")) {
  of <- if (interval == "beta") subset(school, !is.na(qn8)) else school  # beta takes n and df of those who answered
  share <- svyciprop(~I(qn8 == 2), of, na.rm = TRUE, method = interval, df = degf(of))
  ci <- attr(share, "ci")
  se <- SE(svymean(~I(as.numeric(qn8 == 2)), school, na.rm = TRUE))[[1]]
  add("yrbs", "proportion", "qn8", as.numeric(share), se, degf(school), interval, ci[[1]], ci[[2]])
}
m <- svymean(~qn8, school, na.rm = TRUE); t <- svytotal(~qn8, school, na.rm = TRUE)
add("yrbs", "mean", "qn8", coef(m)[[1]], SE(m)[[1]], degf(school))
add("yrbs", "total", "qn8", coef(t)[[1]], SE(t)[[1]], degf(school))

write.csv(crowd, file.path(out, "data", "crowd.csv"), row.names = FALSE)
yrbs$weight <- formatC(yrbs$weight, digits = 17, format = "g", width = 1)
z <- gzfile(file.path(out, "data", "yrbs.csv.gz"), "w"); write.csv(yrbs, z, row.names = FALSE, na = "", quote = FALSE); close(z)
write_json(list(r = R.version.string, survey = as.character(packageVersion("survey")), rows = rows), file.path(out, "textbooks.json"),
  digits = NA, auto_unbox = TRUE, na = "null", pretty = FALSE)
cat(length(rows), "rows\n")
