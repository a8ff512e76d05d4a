"""The conversation with a citizen: pure, channel-neutral, testable as a transcript."""
