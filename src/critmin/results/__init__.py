"""What the user asks for and holds."""
