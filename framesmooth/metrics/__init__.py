"""The metrics, one file each; ``framesmooth.plugins.METRICS`` names them."""
