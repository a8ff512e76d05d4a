"""The terminal: a citizen types lines, our messages are printed."""
