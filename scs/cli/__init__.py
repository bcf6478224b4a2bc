"""The `scs` command: the place where the parts are joined. Nothing heavy is imported here."""
