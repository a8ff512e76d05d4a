"""Citizens and where their conversations stand."""
