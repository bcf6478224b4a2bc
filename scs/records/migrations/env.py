"""Alembic's way in: it runs the steps on the connection that scs.records.book hands it, or prints them as SQL."""

from __future__ import annotations

from alembic import context

from scs.records.pages import pages

if context.is_offline_mode():
    context.configure(url=context.config.get_main_option("sqlalchemy.url"), target_metadata=pages)
else:
    context.configure(connection=context.config.attributes["connection"], target_metadata=pages)
with context.begin_transaction():
    context.run_migrations()
