# Writes ces11.csv, the data frame CES11 of R's package carData as it stands: Rscript get_ces11.R
# Install the package with apt-get install r-cran-cardata, or install.packages("carData").
write.csv(carData::CES11, "ces11.csv", row.names = FALSE, na = "")
