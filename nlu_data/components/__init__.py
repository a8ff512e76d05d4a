"""Rasa graph components of fanzha: normalisation, features, the judge and the entities."""
