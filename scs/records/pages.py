"""The tables of the book, as SQLAlchemy sees them. A migration makes them; this file must agree with the newest one."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, MetaData, Table, Text

NEWEST = "0001"
"""The migration that these tables stand for."""

pages = MetaData()

book = Table(
    "book",
    pages,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("sessions", Integer, nullable=False),
    Column("link", Text, nullable=False),
)
"""One row: how many sessions there must be and what the newest is tied with, so that a removed last one is missed."""

sessions = Table(
    "sessions",
    pages,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("started_at", Text, nullable=False),
    Column("program", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("software", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("lines", Integer, nullable=False),
    Column("newest_link", Text, nullable=False),
)
"""`lines` and `newest_link` move with every line that is written, so that a removed last line is missed."""

entries = Table(
    "entries",
    pages,
    Column("session", Integer, ForeignKey("sessions.number"), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("at_us", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("link", Text, nullable=False),
)
