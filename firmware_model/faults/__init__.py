"""What can go wrong with an implant, by name: the kinds, scripts that say when, and whoever makes it happen."""
