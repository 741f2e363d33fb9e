"""What Alembic runs for each migration; one rule: the connection and its transaction are ours, from revisions.py."""

from alembic import context

from counterpoint.fleet.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
