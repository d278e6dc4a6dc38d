"""What the house says of itself: log lines and numbers. Lowest room, so that every other may speak."""
