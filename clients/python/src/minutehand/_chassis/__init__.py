"""What strategies and generators share. Each module is usable alone."""
