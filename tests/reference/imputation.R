# Rubin's rules on survey designs by R's packages survey and mitools: Rscript imputation.R [output folder, default .]
# Writes imputation.json (every value at full precision) and data/imputed_*.csv, which hold the imputations side by side.
# The degrees of freedom stand three times: df_infinite (Rubin 1987, complete data infinite), df_mitools (MIcombine with
# df.complete) and df (Barnard and Rubin 1999, equation 3, as written out below; also what mice::pool computes). mitools
# leaves the factor 1 + 1/m out of the observed-data term of Barnard and Rubin, so that its df are slightly larger.
suppressMessages({library(survey); library(mitools); library(jsonlite)})
out <- if (length(args <- commandArgs(trailingOnly = TRUE))) args[1] else "."
dir.create(file.path(out, "data"), showWarnings = FALSE, recursive = TRUE)
options(digits = 15, survey.lonely.psu = "fail", survey.adjust.domain.lonely = FALSE)
data(api)

save <- function(frame, name) {
  for (n in names(frame)) if (is.double(frame[[n]])) frame[[n]] <- formatC(frame[[n]], digits = 15, format = "g", width = 1)
  write.csv(frame, file.path(out, "data", paste0(name, ".csv")), row.names = FALSE, na = "")
}
rows <- list()
combine <- function(case, what, results, complete, names = NULL) {
  coefs <- lapply(results, function(r) as.vector(coef(r)))
  covs <- lapply(results, function(r) { v <- as.matrix(vcov(r)); dimnames(v) <- NULL; v })
  m <- length(results)
  mine <- MIcombine(coefs, covs, df.complete = complete)
  infinite <- MIcombine(coefs, covs)
  within <- Reduce(`+`, covs) / m; between <- var(do.call(rbind, coefs)); total <- within + (1 + 1 / m) * between
  stopifnot(all.equal(total, vcov(mine), check.attributes = FALSE, tolerance = 1e-13))
  riv <- (1 + 1 / m) * diag(between) / diag(within); lambda <- riv / (1 + riv)
  observed <- (complete + 1) / (complete + 3) * complete * (1 - lambda)
  df <- 1 / (lambda^2 / (m - 1) + 1 / observed)
  fmi <- function(df) (riv + 2 / (df + 3)) / (riv + 1)
  ci <- function(df) cbind(coef(mine) - qt(0.975, df) * sqrt(diag(total)), coef(mine) + qt(0.975, df) * sqrt(diag(total)))
  stopifnot(all.equal(as.vector(mine$missinfo), fmi(as.vector(mine$df))))
  for (i in seq_along(coef(mine))) rows[[length(rows) + 1]] <<- list(case = case, what = what, place = i,
    name = if (is.null(names)) names(coef(results[[1]]))[i] else names[i],
    estimate = coef(mine)[[i]], se = sqrt(vcov(mine)[i, i]), riv = riv[i], df = df[i], fmi = fmi(df)[i],
    low = ci(df)[i, 1], high = ci(df)[i, 2],
    df_mitools = as.vector(mine$df)[i], fmi_mitools = as.vector(mine$missinfo)[i],
    low_mitools = ci(as.vector(mine$df))[i, 1], high_mitools = ci(as.vector(mine$df))[i, 2],
    df_infinite = as.vector(infinite$df)[i], fmi_infinite = as.vector(infinite$missinfo)[i],
    covariance = as.vector(vcov(mine)[i, ]))
}
# draw m imputations of a score (a regression with noise) and of an award (by its odds given the score), from a seed
impute <- function(frame, m, seed) {
  set.seed(seed)
  lost <- runif(nrow(frame)) < plogis((frame$meals - 60) / 20); frame$score <- ifelse(lost, NA, frame$api00)
  gone <- runif(nrow(frame)) < 0.25; frame$award <- as.character(frame$awards); frame$award[gone] <- NA
  model <- lm(score ~ api99 + meals, frame); odds <- glm(I(award == "Yes") ~ api99, binomial, frame)
  lapply(seq_len(m), function(i) {
    one <- frame
    one$score[lost] <- round(predict(model, frame[lost, ]) + rnorm(sum(lost), 0, 2 * summary(model)$sigma), 3)
    one$award[gone] <- ifelse(runif(sum(gone)) < predict(odds, frame[gone, ], type = "response"), "Yes", "No")
    one
  })
}
wide <- function(imputed, columns) {
  frame <- imputed[[1]][, columns]
  for (i in seq_along(imputed)) { frame[[paste0("score", i)]] <- imputed[[i]]$score; frame[[paste0("award", i)]] <- imputed[[i]]$award }
  frame
}
estimates <- function(case, designs, key) {
  complete <- degf(designs$designs[[1]])
  all <- function(...) with(designs, ...)
  combine(case, "mean", all(svymean(~score, design = .design)), complete, "score")
  combine(case, "total", all(svytotal(~enroll + score, design = .design)), complete, c("enroll", "score"))
  combine(case, "proportion", all(svymean(~factor(award), design = .design)), complete, c("No", "Yes"))
  by <- all(svyby(~score, reformulate(key), design = .design, svymean, covmat = TRUE))
  combine(case, "mean by", by, complete, as.character(by[[1]][[key]]))
  by <- all(svyby(~I(award == "Yes"), reformulate(key), design = .design, svymean, covmat = TRUE))
  names <- as.character(by[[1]][[key]]); yes <- length(names) + seq_along(names)
  combine(case, "proportion by", lapply(by, function(b) svycontrast_rows(b, yes)), complete, names)
  combine(case, "ratio", all(svyratio(~score, ~enroll, design = .design)), complete, "score/enroll")
  fits <- all(svyglm(score ~ meals + api99, design = .design))
  combine(case, "gaussian", fits, complete - 2)
  fits <- suppressWarnings(all(svyglm(I(award == "Yes") ~ score, family = quasibinomial, design = .design,
    control = list(epsilon = 1e-14, maxit = 50))))  # R stops too early for nine digits of the error otherwise
  combine(case, "binomial", fits, complete - 1)
}
svycontrast_rows <- function(b, rows) structure(coef(b)[rows], var = vcov(b)[rows, rows], class = "svystat")

columns <- c("stype", "sch.wide", "enroll", "api99", "meals", "pw", "fpc")
strat <- impute(apistrat, 5, 1987); save(wide(strat, columns), "imputed_strat")
strat_designs <- svydesign(ids = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = imputationList(strat))
estimates("strata", strat_designs, "sch.wide")
known <- !is.na(apiclus2$enroll)
clus2 <- impute(apiclus2[known, ], 3, 1999)
save(wide(clus2, c("dnum", "snum", "stype", "enroll", "api99", "meals", "pw", "fpc1", "fpc2")), "imputed_clus2")
clus2_designs <- svydesign(ids = ~dnum, weights = ~pw, data = imputationList(clus2))
estimates("clusters", clus2_designs, "stype")
two_stages <- svydesign(ids = ~dnum + snum, fpc = ~fpc1 + fpc2, weights = ~pw, data = imputationList(clus2))
estimates("two stages", two_stages, "stype")
jackknives <- clus2_designs; jackknives$designs <- lapply(clus2_designs$designs, as.svrepdesign, type = "JK1")
estimates("jackknife", jackknives, "stype")
srs <- impute(apisrs, 20, 1976); save(wide(srs, c("stype", "enroll", "api99", "meals", "pw", "fpc")), "imputed_srs")
srs_designs <- svydesign(ids = ~1, fpc = ~fpc, data = imputationList(srs))
estimates("srs, twenty imputations", srs_designs, "stype")

write_json(list(R = R.version.string, survey = as.character(packageVersion("survey")), mitools = as.character(packageVersion("mitools")),
                rows = rows), file.path(out, "imputation.json"), digits = I(17), auto_unbox = TRUE, na = "null", pretty = FALSE)
cat(length(rows), "rows\n")
