# What every R contender does: read the columns, time the work, measure its memory, leave its numbers.
# Rscript NAME.R FOLDER REPEATS CASE [OPTIONS]; work that takes more than five seconds is not repeated.
suppressMessages(library(survey))
arguments <- commandArgs(trailingOnly = TRUE)
folder <- arguments[1]
repeats <- as.integer(arguments[2])

columns <- function() {
  names <- read.table(file.path(folder, "columns.txt"), col.names = c("name", "kind"))$name
  as.data.frame(lapply(setNames(nm = names), function(name) {
    place <- file.path(folder, paste0(name, ".bin"))
    readBin(place, "double", file.size(place) / 8)
  }))
}

resident <- function(field) {
  status <- readLines("/proc/self/status")
  1024 * as.numeric(gsub("[^0-9]", "", grep(field, status, value = TRUE)))
}

# prepare() gives the design; work(design) the result; numbers(result) a named list of numeric vectors.
measured <- function(prepare, work, numbers) {
  invisible(gc())
  before <- resident("VmRSS")
  cat("5", file = "/proc/self/clear_refs")
  start <- proc.time()[[3]]
  design <- prepare()
  preparing <- proc.time()[[3]] - start
  seconds <- numeric(0)
  while (length(seconds) == 0 || (length(seconds) < repeats && seconds[length(seconds)] < 5)) {
    start <- proc.time()[[3]]
    result <- work(design)
    seconds <- c(seconds, proc.time()[[3]] - start)
  }
  peak <- resident("VmHWM") - before
  found <- numbers(result)
  for (what in names(found)) {
    writeBin(as.vector(found[[what]], "double"), file.path(folder, paste0(arguments[3], ".", what, ".out")))
  }
  cat(sprintf('{"seconds": [%s], "preparing": %g, "peak": %.0f}\n', paste(seconds, collapse = ", "), preparing, peak))
}
