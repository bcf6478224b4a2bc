"""The named checks of the conformance suite: each a sentence that an implant keeps or breaks, asked over the link."""
