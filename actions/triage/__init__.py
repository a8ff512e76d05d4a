"""From words to a verdict: what it is, how urgent, and why."""
