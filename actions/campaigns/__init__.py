"""Tips and alerts: written, approved by a second person, sent to whom they fit, measured."""
