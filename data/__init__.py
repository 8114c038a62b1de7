"""What is known: data files and their codebook, published figures, margins, the question bank, the study folder."""
