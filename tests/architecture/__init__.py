"""What holds the house together: tests that read its source."""
