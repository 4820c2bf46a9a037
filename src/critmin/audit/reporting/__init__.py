"""One page of evidence a mineral."""
