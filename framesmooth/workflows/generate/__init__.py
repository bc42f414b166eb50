"""The workflow of ``framesmooth generate``: settings, keyframes, frames, smoothing, clip."""
