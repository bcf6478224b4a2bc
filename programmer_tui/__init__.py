"""The terminal programmer: it shows, asks and sends, and decides nothing medical. Never for clinical use."""
