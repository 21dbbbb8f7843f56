"""What contrib/check-fleet consists of."""
