"""Find, check, load and adapt diffusion models, and what is added to them."""
