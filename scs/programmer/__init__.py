"""The clinician's half of the conversation, without a screen: session, procedures, and what runs them."""
