"""The smoothers, one file each; ``framesmooth.plugins.SMOOTHERS`` names them."""
