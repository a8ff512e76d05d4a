"""What the police work on: a case, its owner, its timers, its outcome."""
