"""The first book: sessions, their lines, and one row that says how many sessions there must be."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the three tables and the book's one row."""
    made = op.create_table(
        "book",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("sessions", sa.Integer, nullable=False),
        sa.Column("link", sa.Text, nullable=False),
    )
    op.bulk_insert(made, [{"id": 1, "sessions": 0, "link": "0" * 64}])
    op.create_table(
        "sessions",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("started_at", sa.Text, nullable=False),
        sa.Column("program", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("software", sa.Text, nullable=False),
        sa.Column("link", sa.Text, nullable=False),
        sa.Column("lines", sa.Integer, nullable=False),
        sa.Column("newest_link", sa.Text, nullable=False),
    )
    op.create_table(
        "entries",
        sa.Column("session", sa.Integer, sa.ForeignKey("sessions.number"), primary_key=True),
        sa.Column("sequence", sa.Integer, primary_key=True),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("link", sa.Text, nullable=False),
    )
