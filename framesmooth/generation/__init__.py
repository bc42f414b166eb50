"""Ways of making frames, one file each."""
