"""From places on the page to files: SVG, PNG, PDF, DOT, HTML."""
