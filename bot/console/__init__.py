"""The console: health for machines now, the duty desk for people."""
