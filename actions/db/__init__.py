"""The database every noun shares: base, types, migrations."""
