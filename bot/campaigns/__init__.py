"""How campaigns and warnings reach people: times, wording, the clock's share, chat commands."""
