"""Enlarging frames: upscalers behind one contract."""
