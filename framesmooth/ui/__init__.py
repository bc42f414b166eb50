"""The page for a browser: ``framesmooth ui``. Jobs live on the server; the page submits them and looks at them."""
