"""The look of a finished clip: grading by 3D LUTs, film grain, a vignette, aspect bars, held frames."""
