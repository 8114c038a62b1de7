"""Weights for selection, eligibility and nonresponse."""
