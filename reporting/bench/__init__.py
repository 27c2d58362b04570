"""Measurements of what must stay quick, as ratios of two sides in one run."""
