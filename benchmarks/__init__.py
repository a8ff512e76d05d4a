"""Measurements of delivery: `make bench`."""
