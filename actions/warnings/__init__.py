"""Warnings for one person: asked to answer, passed to an officer when nobody does."""
