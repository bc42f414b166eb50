"""Metrics by neural networks, for which the user has the weights; torch is loaded when one is asked for."""
