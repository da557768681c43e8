"""From a drawing to places on the page."""
