"""Phones, links, accounts, apps and wallets that reports point at."""
