"""Things on a screen that render values and report keys; none decides anything."""
