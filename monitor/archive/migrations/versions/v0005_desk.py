"""Who sees to an alert, why it was a false alarm, and who took a call over."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("alert", sa.Column("why", sa.Text()))
    op.add_column("alert", sa.Column("owner", sa.Text()))
    op.add_column("call", sa.Column("taken_over", sa.JSON()))
