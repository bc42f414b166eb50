"""Finding the strength of smoothing by measuring: samples of a clip, what strengths do, the search."""
