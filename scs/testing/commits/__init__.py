"""The commit protocol searched over the code that runs: every loss on the link, and every power cut."""
