"""Who may see and change cases."""
