"""What a person may write in a scenario, section by section."""
