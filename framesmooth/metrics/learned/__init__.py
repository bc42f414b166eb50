"""Metrics by neural networks whose weights the user supplies; torch is loaded when one is used."""
