"""Finding the smoothing strength by measurement: sampling a clip, scoring strengths, searching."""
