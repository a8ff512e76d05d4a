"""What citizens choose to tell us about themselves, so that tips fit them."""
