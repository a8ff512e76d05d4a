"""What was done, by whom, when; rows are only ever added."""
