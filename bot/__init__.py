"""How people reach fanzha: channels, conversation, console, settings."""
