"""The NLU model: training it, serving it in a process of its own, and asking it."""
