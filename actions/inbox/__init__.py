"""Updates that could not be taken in, set aside so that the rest goes on."""
