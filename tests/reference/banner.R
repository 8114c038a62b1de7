# Tests of banner columns by R's survey package: svyby(covmat = TRUE), svycontrast, t with the design's df, Holm.
# Rscript banner.R [output folder, default .]; reads data/ beside this script (written by survey.R), writes banner.json.
suppressMessages({library(survey); library(jsonlite)})
out <- if (length(args <- commandArgs(trailingOnly = TRUE))) args[1] else "."
here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)))
options(digits = 15, survey.lonely.psu = "fail", survey.adjust.domain.lonely = FALSE)
read <- function(name) read.csv(file.path(here, "data", paste0(name, ".csv")))
rows <- list()

# All pairs of the groups of one row of a table: difference, standard error, t, p, Holm's p over the pairs that vary.
pairs_of <- function(case, design, df, item, category, by) {
  design <- eval(bquote(update(design, .y = .(if (is.na(category)) as.name(item) else
    bquote(as.numeric(as.character(.(as.name(item))) == .(category)))))))
  design <- eval(bquote(subset(design, !is.na(.y) & .(Reduce(function(a, b) bquote(.(a) & .(b)),
    lapply(by, function(name) bquote(!is.na(.(as.name(name))))))))))
  groups <- svyby(~.y, reformulate(by), design, svymean, covmat = TRUE)
  names <- apply(groups[by], 1, function(group) paste(trimws(group), collapse = ", "))
  found <- list()
  for (i in seq_along(names)) for (j in seq_along(names)) if (i < j) {
    if (!is.na(category) && all(coef(groups)[c(i, j)] %in% c(0, 1))) next
    weights <- rep(0, length(names)); weights[c(i, j)] <- c(1, -1)
    contrast <- svycontrast(groups, setNames(list(weights), "difference"))
    t <- coef(contrast)[[1]] / SE(contrast)[[1]]
    found[[length(found) + 1]] <- list(case = case, item = item, category = category, by = paste(by, collapse = ", "),
      column = names[i], other = names[j], difference = coef(contrast)[[1]], se = SE(contrast)[[1]], t = t, df = df,
      p = 2 * pt(-abs(t), df))
  }
  holm <- p.adjust(sapply(found, `[[`, "p"), "holm")
  for (at in seq_along(found)) rows[[length(rows) + 1]] <<- c(found[[at]], holm = holm[at])
}
banner <- function(case, design, shares, means, banners, df = degf(design)) for (by in banners) {
  for (item in shares) {
    values <- design$variables[[item]]
    for (category in sort(as.character(unique(values[!is.na(values)])))) pairs_of(case, design, df, item, category, by)
  }
  for (item in means) pairs_of(case, design, df, item, NA, by)
}

strata <- svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = read("apistrat"))
banner("strata", strata, c("awards", "comp.imp"), c("api00", "enroll"), list("sch.wide", "stype", c("stype", "awards")))
banner("strata, with replacement", svydesign(id = ~1, strata = ~stype, weights = ~pw, data = read("apistrat")),
       "awards", "api00", list("sch.wide", "stype"))
clusters <- svydesign(id = ~dnum, weights = ~pw, fpc = ~fpc, data = read("apiclus1"))
banner("clusters", clusters, c("awards", "sch.wide"), "api00", list("stype", "comp.imp"))
two <- svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, data = read("apiclus2"))
banner("two stages", two, c("awards", "sch.wide"), c("api00", "enroll"), list("stype", "comp.imp"))
banner("two stages, where", subset(two, api00 > 500), "awards", "api00", list("stype"), df = degf(two))
nhanes <- svydesign(id = ~SDMVPSU, strata = ~SDMVSTRA, weights = ~WTMEC2YR, nest = TRUE, data = read("nhanes"))
banner("nhanes", nhanes, "HI_CHOL", NULL, list("race", "agecat", c("RIAGENDR", "agecat")))
jackknife <- as.svrepdesign(strata, type = "JKn")
banner("jackknife", jackknife, "awards", "api00", list("stype", "sch.wide"), df = degf(strata))

write_json(list(R = R.version.string, survey = as.character(packageVersion("survey")), rows = rows),
           file.path(out, "banner.json"), digits = I(17), auto_unbox = TRUE, na = "null", pretty = FALSE)
