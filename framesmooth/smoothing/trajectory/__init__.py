"""The smoother along motion trajectories: an average over time in three frequency bands."""
