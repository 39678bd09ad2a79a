"""Run by Alembic with an open connection, inside the caller's transaction (see `monitor.archive.database.migrate`).

A migration is plain `upgrade()`; there is no way back but a backup, so `downgrade()` is left out.
Its types are SQLAlchemy's own, never the schema's: an old migration must go on meaning what it meant.
"""

from alembic import context

from monitor.archive.schema import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite alters a table by building it anew
)
context.run_migrations()
