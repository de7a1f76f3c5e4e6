"""What the documents say is true: commands, code, output, the package as it is installed."""
