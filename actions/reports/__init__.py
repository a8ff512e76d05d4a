"""What citizens told us, and what we judged."""
