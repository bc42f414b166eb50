"""Clips made in several ways with one model, on the same prompts: what they cost and how steady they are."""
