"""Judges the notebooks of a class without trusting them: `dlcourse grade`."""
