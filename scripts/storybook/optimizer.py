"""Muon for matrices and convolutions, AdamW for the rest: that of ``framesmooth.training``."""

from framesmooth.training.muon import MuonAdamW

__all__ = ["MuonAdamW"]
