"""Optical flow estimators, one file per method."""
