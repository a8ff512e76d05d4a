"""A relative who is told when a citizen is being deceived, by consent of both."""
