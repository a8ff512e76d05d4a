"""`python -m bot` is `fanzha`."""

from bot.cli import main

main()
