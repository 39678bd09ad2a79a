"""An index that finds the earlier calls of a number."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_index("ix_call_customer_started", "call", ["customer", "started"])
