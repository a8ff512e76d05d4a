"""The city's own telephony or dispatch system: signed posts out."""
