"""Architectures as tables with one column per choice."""
