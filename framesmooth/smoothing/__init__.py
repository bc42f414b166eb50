"""The smoothers, one file each; ``framesmooth.registry.SMOOTHERS`` names them."""
