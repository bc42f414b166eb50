"""Faster inference on CPUs."""
