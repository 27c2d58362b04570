"""Worked cases of the figures, a slow calculator that answers them, and random worlds."""
