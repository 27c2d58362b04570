"""The project document: its sections, what is checked of them, and how two versions differ."""
