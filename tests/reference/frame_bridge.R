# A sample restricted to a frame and weighted to the frame's margins: subset(), then postStratify() or calibrate().
# Run: Rscript frame_bridge.R . data
suppressMessages(library(survey))
options(digits = 17, survey.lonely.psu = "fail")
places <- commandArgs(trailingOnly = TRUE)
folder <- places[2]
read <- function(name) read.csv(file.path(folder, paste0(name, ".csv")), stringsAsFactors = FALSE)

designs <- list(
  apiclus1 = svydesign(id = ~dnum, weights = ~pw, fpc = ~fpc, data = read("apiclus1")),
  apistrat = svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = read("apistrat")),
  apiclus2 = svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, data = read("apiclus2"))
)
cells <- c(No = 0.3, Yes = 0.7)
freq <- function(part, column, shares) {
  made <- data.frame(names(shares), unname(shares) * sum(weights(part, "sampling")))
  setNames(made, c(column, "Freq"))
}

rows <- list()
keep <- function(case, design) {
  for (item in c("api00", "enroll", "primary")) {
    form <- if (item == "primary") ~I(as.numeric(stype == "E")) else as.formula(paste0("~", item))
    found <- svymean(form, design, na.rm = TRUE)
    rows[[length(rows) + 1]] <<- list(
      case = case, item = item, estimate = unname(coef(found)[1]), se = unname(SE(found)[1]), df = degf(design)
    )
  }
}


# Weighted, cut and weighted again: svyrecvar takes the steps off in the order they were done, the chain rule the last
# one first. Here it is written out: residuals within the cells of the second step, then within those of the first.
within <- function(x, weights, cell) x - weights * (ave(x, cell, FUN = sum) / ave(weights, cell, FUN = sum))
keep_twice <- function(case, whole, first, df) {
  data <- whole$variables
  inside <- !is.na(data$enroll) & data$enroll <= 700
  w1 <- weights(first, "sampling")
  w2 <- w1 * inside
  w2 <- w2 * cells[data$awards] * sum(w2) / ave(w2, data$awards, FUN = sum)
  data$primary <- as.numeric(data$stype == "E")
  for (item in c("api00", "enroll", "primary")) {
    y <- data[[item]]
    used <- w2 * !is.na(y)
    y[is.na(y)] <- 0
    estimate <- sum(used * y) / sum(used)
    x <- used * (y - estimate) / sum(used)
    x <- ifelse(inside, within(x, pmax(w2, 1e-300), paste(inside, data$awards)), 0)
    x <- within(x, w1, data$stype)
    rows[[length(rows) + 1]] <<- list(
      case = case, item = item, estimate = estimate,
      se = sqrt(drop(svyrecvar(as.matrix(x), whole$cluster, whole$strata, whole$fpc))), df = df
    )
  }
}

for (name in names(designs)) {
  whole <- designs[[name]]
  part <- subset(whole, enroll <= 700)
  keep(paste(name, "restricted"), part)
  keep(paste(name, "post-stratified"), postStratify(part, ~awards, freq(part, "awards", cells)))
  total <- sum(weights(part, "sampling"))
  raked <- calibrate(
    part, ~awards + comp.imp, total * c(`(Intercept)` = 1, awardsYes = 0.7, comp.impYes = 0.75),
    calfun = "raking", epsilon = 1e-12, maxit = 200
  )
  keep(paste(name, "raked"), raked)
  first <- postStratify(whole, ~stype, data.frame(stype = c("E", "H", "M"), Freq = c(4421, 755, 1018)))
  again <- subset(first, enroll <= 700)
  keep_twice(paste(name, "weighted before"), whole, first, degf(again))
}
for (name in c("apiclus1", "apistrat")) {
  replicated <- as.svrepdesign(designs[[name]], type = if (name == "apistrat") "JKn" else "JK1")
  part <- subset(replicated, enroll <= 700)
  keep(paste(name, "replicated"), postStratify(part, ~awards, freq(part, "awards", cells)))
  few <- subset(replicated, dnum <= 200)
  keep(paste(name, "few replicated"), few)
  keep(paste(name, "few replicated and post-stratified"), postStratify(few, ~awards, freq(few, "awards", cells)))
}
writeLines(
  jsonlite::toJSON(
    list(r = R.version.string, survey = as.character(packageVersion("survey")), rows = rows),
    auto_unbox = TRUE, digits = NA, pretty = TRUE
  ),
  file.path(places[1], "frame_bridge.json")
)
