"""One question a file: what it asks, what answers it takes, how free words answer it."""
