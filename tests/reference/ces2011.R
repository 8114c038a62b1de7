# Canadian Election Study 2011 in R: Rscript ces2011.R [output folder, default .] [ces11.csv]
# Writes ces2011.json: shares, means and totals by province and by group, full precision.
suppressMessages({library(survey); library(jsonlite)})
args <- commandArgs(trailingOnly = TRUE)
out <- if (length(args)) args[1] else "."
file <- if (length(args) > 1) args[2] else "../../examples/ces2011/ces11.csv"
ces <- read.csv(file, stringsAsFactors = TRUE)
rows <- list()
add <- function(case, estimand, item, category, keys, m) rows[[length(rows) + 1]] <<-
  list(case = case, estimand = estimand, item = item, category = category, keys = keys, estimate = m[1], se = m[2], deff = m[3], low = m[4], high = m[5])
designs <- list(
  "strata" = svydesign(ids = ~1, strata = ~province, weights = ~weight, data = ces),
  "strata, fpc" = svydesign(ids = ~1, strata = ~province, weights = ~weight, fpc = ~population, data = ces))
by_sets <- list(character(0), "province", "gender", "urban", c("province", "gender"), c("gender", "urban"))
for (case in names(designs)) for (by in by_sets) {
  design <- designs[[case]]
  groups <- if (length(by)) unique(ces[by]) else data.frame(all = 1)
  for (i in seq_len(nrow(groups))) {
    inside <- rep(TRUE, nrow(ces))
    for (key in by) inside <- inside & ces[[key]] == groups[i, key]
    keys <- if (length(by)) lapply(groups[i, by, drop = FALSE], as.character) else list(whole = "")
    part <- subset(design, inside)
    for (item in c("abortion", "importance", "education")) for (category in levels(ces[[item]])) {
      one <- eval(bquote(update(part, .hit = as.numeric(.(as.name(item)) == .(category)))))
      m <- svymean(~.hit, one, deff = TRUE)
      p <- coef(m)[[1]]
      hits <- sum(one$variables$.hit); misses <- sum(1 - one$variables$.hit)
      ci <- if (min(hits, misses) < 2) c(NA, NA) else as.vector(attr(svyciprop(~.hit, one, df = degf(design)), "ci"))
      add(case, "proportion", item, category, keys, c(p, SE(m)[[1]], if (p %in% 0:1) NA else deff(m)[[1]], ci))
    }
    for (estimand in c("mean", "total")) {
      m <- (if (estimand == "mean") svymean else svytotal)(~population, part, deff = TRUE)
      se <- SE(m)[[1]]; noise <- se < 1e-12 * coef(m)[[1]]
      constant <- length(unique(part$variables$population)) == 1
      add(case, estimand, "population", NA, keys, c(coef(m)[[1]], if (noise) 0 else se, if (constant) NA else deff(m)[[1]], as.vector(confint(m, df = degf(design)))))
    }
  }
}
write_json(list(R = R.version.string, survey = as.character(packageVersion("survey")), rows = rows),
           file.path(out, "ces2011.json"), digits = NA, auto_unbox = TRUE, na = "null")
