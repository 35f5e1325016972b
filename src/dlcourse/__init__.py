"""Helpers for the notebooks of dlcourse, a hands-on introduction to deep learning with PyTorch."""

__version__ = "0.1.0"
