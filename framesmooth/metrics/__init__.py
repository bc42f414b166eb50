"""The metrics, one file each; ``framesmooth.registry.METRICS`` names them."""
