"""The page for a browser. Jobs live on the server; the page submits them and looks at them."""
