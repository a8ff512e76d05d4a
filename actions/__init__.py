"""What the service does; it knows no channel."""
