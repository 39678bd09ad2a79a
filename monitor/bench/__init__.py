"""The measuring commands: what this machine carries live, how fast it reviews, and how that compares."""
