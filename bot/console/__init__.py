"""The console: health for machines, the duty desk for people."""
