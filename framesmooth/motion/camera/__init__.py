"""Known camera motion: moves, homographies, and parallax over a depth map."""
