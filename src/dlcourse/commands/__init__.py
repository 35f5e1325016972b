"""What `dlcourse` does: one file a command, and what they share beside them."""
