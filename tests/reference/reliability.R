# Cronbach's alpha and Cohen's kappa of survey designs by R's survey package: Rscript reliability.R [output folder, default .]
# Writes reliability.json (every value at full precision) and the data/reliability_*.csv that the tests read.
# svycralpha gives alpha without an error. Its error here is the delta method on svyvar's covariance matrix, whose own
# covariance svyvar gives; with replicate weights alpha is computed again in every replicate (withReplicates).
suppressMessages({library(survey); library(jsonlite)})
out <- if (length(args <- commandArgs(trailingOnly = TRUE))) args[1] else "."
dir.create(file.path(out, "data"), showWarnings = FALSE, recursive = TRUE)
options(digits = 15, survey.lonely.psu = "fail", survey.adjust.domain.lonely = FALSE)
data(api)

save <- function(frame, name) {
  for (n in names(frame)) if (is.double(frame[[n]])) {
    missing <- is.na(frame[[n]])
    frame[[n]] <- formatC(frame[[n]], digits = 15, format = "g", width = 1)
    frame[[n]][missing] <- NA
  }
  write.csv(frame, file.path(out, "data", paste0(name, ".csv")), row.names = FALSE, na = "")
}
rows <- list()
add <- function(case, statistic, item, key, estimate, se, low, high, df)
  rows[[length(rows) + 1]] <<- list(case = case, statistic = statistic, item = item, key = key,
    estimate = as.vector(estimate), se = as.vector(se), low = as.vector(low), high = as.vector(high), df = df)

# alpha = K/(K-1) (1 - trace/total), the correlation of an item with the sum of the others, and their gradients by the
# entries of the covariance matrix
alpha_of <- function(S, kept = seq_len(nrow(S))) { S <- S[kept, kept]; K <- length(kept); K / (K - 1) * (1 - sum(diag(S)) / sum(S)) }
alpha_gradient <- function(S, kept = seq_len(nrow(S))) {
  g <- 0 * S; K <- length(kept); sub <- S[kept, kept]
  g[kept, kept] <- -K / (K - 1) * (diag(K) / sum(sub) - sum(diag(sub)) / sum(sub)^2)
  as.vector(g)
}
rest_of <- function(S, k) sum(S[k, -k]) / sqrt(S[k, k] * sum(S[-k, -k]))
rest_gradient <- function(S, k) {
  a <- as.numeric(seq_len(nrow(S)) == k); b <- 1 - a; r <- rest_of(S, k)
  as.vector(a %o% b / sqrt(S[k, k] * sum(S[-k, -k])) - r / 2 * (a %o% a / S[k, k] + b %o% b / sum(S[-k, -k])))
}
alpha_rows <- function(case, design, items, reversed = character(), key = NA, df = degf(design)) {
  force(df)  # the whole design's, before rows are left out
  complete <- complete.cases(design$variables[, items])
  for (n in reversed) design$variables[[n]] <- -design$variables[[n]]
  design <- design[complete, ]
  f <- reformulate(items)
  replicates <- inherits(design, "svyrep.design")
  if (!replicates) { v <- svyvar(f, design); V <- attr(v, "var"); S <- matrix(as.vector(v), length(items)) }
  else S <- matrix(as.vector(svyvar(f, design)), length(items))
  moments <- function(w, data) { x <- as.matrix(data[, items]); w <- w / sum(w); x <- sweep(x, 2, colSums(w * x)); crossprod(x, w * x) }
  emit <- function(statistic, item, fun, gradient) {
    estimate <- fun(S)
    if (replicates) se <- SE(withReplicates(design, function(w, data) fun(moments(w, data))))
    else { g <- gradient(S); se <- sqrt(as.vector(g %*% V %*% g)) }
    t <- qt(0.975, df)
    if (statistic == "item-rest correlation") ends <- tanh(atanh(estimate) + c(-1, 1) * t * as.vector(se) / (1 - estimate^2))
    else ends <- 1 - exp(log(1 - estimate) + c(1, -1) * t * as.vector(se) / (1 - estimate))
    add(case, statistic, item, key, estimate, se, ends[1], ends[2], df)
  }
  emit("alpha", NA, alpha_of, alpha_gradient)
  # R's own point estimate (of designs with replicates it gives none: svyvar keeps no names there)
  if (!replicates) stopifnot(all.equal(svycralpha(f, design)[[1]], alpha_of(S), tolerance = 1e-12))
  for (k in seq_along(items)) {
    if (length(items) > 2) emit("alpha without the item", items[k], function(S) alpha_of(S, seq_along(items)[-k]),
                                function(S) alpha_gradient(S, seq_along(items)[-k]))
    emit("item-rest correlation", items[k], function(S) rest_of(S, k), function(S) rest_gradient(S, k))
  }
}
alpha_by <- function(case, design, items, by, reversed = character())
  for (key in sort(unique(as.character(design$variables[[by]]))))
    alpha_rows(case, design[as.character(design$variables[[by]]) == key, ], items, reversed, key, degf(design))

kappa_row <- function(case, design, first, second, weights = "none", key = NA, df = degf(design)) {
  force(df)
  d <- design[!is.na(design$variables[[first]]) & !is.na(design$variables[[second]]), ]
  a <- d$variables[[first]]; b <- d$variables[[second]]
  if (weights == "none" && length(unique(a)) == length(unique(b))) {
    k <- svykappa(as.formula(paste0("~", first, "+", second)), d)
    estimate <- coef(k)[[1]]; se <- SE(k)[[1]]
  } else {
    C <- nlevels(a)
    d$variables$.cell <- interaction(a, b)
    m <- svymean(~.cell, d)
    p <- function(i, j) paste0("p", (j - 1) * C + i)
    names(m) <- paste0("p", seq_len(C * C))
    v <- attr(m, "var"); dimnames(v) <- list(names(m), names(m)); attr(m, "var") <- v
    agree <- outer(seq_len(C), seq_len(C), function(i, j) switch(weights, none = as.numeric(i == j),
      linear = 1 - abs(i - j) / (C - 1), quadratic = 1 - (i - j)^2 / (C - 1)^2))
    cells <- expand.grid(i = seq_len(C), j = seq_len(C)); w <- sprintf("%.17g", agree)
    row <- function(i) paste0("(", paste(p(i, seq_len(C)), collapse = "+"), ")")
    column <- function(j) paste0("(", paste(p(seq_len(C), j), collapse = "+"), ")")
    observed <- paste(paste0(w, "*", mapply(p, cells$i, cells$j)), collapse = "+")
    expected <- paste(paste0(w, "*", sapply(cells$i, row), "*", sapply(cells$j, column)), collapse = "+")
    k <- svycontrast(m, list(kappa = parse(text = sprintf("((%s) - (%s)) / (1 - (%s))", observed, expected, expected))[[1]]))
    estimate <- coef(k)[[1]]; se <- SE(k)[[1]]
  }
  t <- qt(0.975, df)
  add(case, paste("kappa", weights), paste(first, second), key, estimate, se, estimate - t * se, estimate + t * se, df)
}
kappas <- function(case, design, first, second, by = NULL)
  for (weights in c("none", "linear", "quadratic")) {
    kappa_row(case, design, first, second, weights)
    if (!is.null(by)) for (key in sort(unique(as.character(design$variables[[by]]))))
      kappa_row(case, design[as.character(design$variables[[by]]) == key, ], first, second, weights, key, degf(design))
  }

# four bands of the index in two years, with the bounds of all schools; the second year's band is missing for some
bands <- function(frame) {
  cut4 <- function(x) cut(x, c(-Inf, 550, 650, 750, Inf), labels = c("low", "fair", "good", "high"))
  frame$band99 <- cut4(frame$api99); frame$band00 <- cut4(frame$api00)
  frame$band00[seq(7, nrow(frame), 23)] <- NA
  frame
}
keep <- c("stype", "sch.wide", "awards", "comp.imp", "api99", "api00", "avg.ed", "full", "meals", "ell", "band99", "band00",
          "pw", "fpc", "dnum", "snum", "fpc1", "fpc2")
of <- function(frame) frame[, intersect(keep, names(frame))]
items <- c("api99", "api00", "full")
long <- c("api00", "avg.ed", "full", "meals", "ell")

s <- bands(apistrat); save(of(s), "reliability_strat")
srs_data <- bands(apisrs); save(of(srs_data), "reliability_srs")
c1 <- bands(apiclus1); c2 <- bands(apiclus2); save(of(c2), "reliability_clus2")

srs <- svydesign(id = ~1, fpc = ~fpc, data = srs_data)
alpha_rows("srs", srs, items); alpha_rows("srs, two items", srs, c("api99", "api00")); kappas("srs", srs, "band99", "band00")
strat <- svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = s)
alpha_rows("strata", strat, items); alpha_by("strata", strat, items, "stype")
alpha_rows("strata, reversed, missing", strat, long, c("meals", "ell"))
alpha_by("strata, reversed, missing", strat, long, "sch.wide", c("meals", "ell"))
kappas("strata", strat, "band99", "band00", "stype"); kappa_row("strata", strat, "awards", "comp.imp")
clus2 <- svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, data = c2)
alpha_rows("two stages", clus2, items); alpha_by("two stages", clus2, items, "sch.wide")
alpha_rows("two stages, reversed, missing", clus2, long, c("meals", "ell"))
kappas("two stages", clus2, "band99", "band00", "sch.wide"); kappa_row("two stages", clus2, "awards", "comp.imp")
clus2_wr <- svydesign(id = ~dnum + snum, weights = ~pw, data = c2)
alpha_rows("two stages, no fpc", clus2_wr, items); kappas("two stages, no fpc", clus2_wr, "band99", "band00")

clus1 <- svydesign(id = ~dnum, weights = ~pw, data = c1)
jk1 <- as.svrepdesign(clus1, type = "JK1")
set.seed(20110); boot <- as.svrepdesign(svydesign(id = ~1, strata = ~stype, weights = ~pw, data = s), type = "bootstrap", replicates = 25)
given <- function(frame, design, name, type, ...) {
  w <- weights(design, type = "analysis"); colnames(w) <- paste0("rep", seq_len(ncol(w)))
  save(cbind(of(frame), w), name)
  back <- read.csv(file.path(out, "data", paste0(name, ".csv")), stringsAsFactors = TRUE)
  for (n in c("band99", "band00")) back[[n]] <- factor(as.character(back[[n]]), levels = c("low", "fair", "good", "high"))
  svrepdesign(weights = ~pw, repweights = "^rep", type = type, data = back, combined.weights = TRUE, ...)
}
jk1 <- given(c1, jk1, "reliability_jk1", "JK1", scale = jk1$scale, rscales = jk1$rscales)
boot <- given(s, boot, "reliability_bootstrap", "bootstrap", scale = boot$scale, rscales = boot$rscales)
for (case in c("JK1", "bootstrap")) {
  design <- if (case == "JK1") jk1 else boot
  alpha_rows(case, design, items); kappas(case, design, "band99", "band00")
  kappa_row(case, design, "awards", "comp.imp")
}

write_json(list(R = R.version.string, survey = as.character(packageVersion("survey")),
                replicates = list(JK1 = list(scale = jk1$scale, rscales = jk1$rscales), bootstrap = list(scale = boot$scale, rscales = boot$rscales)),
                rows = rows), file.path(out, "reliability.json"), digits = I(17), auto_unbox = TRUE, na = "null", pretty = FALSE)
cat(length(rows), "rows\n")
