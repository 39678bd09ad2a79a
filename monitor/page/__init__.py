"""What is seen: the HTTP API, the live socket, the hub of events behind it, and who may sign in."""
