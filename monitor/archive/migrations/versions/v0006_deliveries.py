"""The webhooks' outbox: what is to be told of an alert, was told, or could not be."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("webhook", sa.Text(), nullable=False),
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("alert_id", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("parcel", sa.Text()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_delivery"),
        sa.ForeignKeyConstraint(
            ["call_id", "alert_id"], ["alert.call_id", "alert.id"], name="fk_delivery_alert", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_delivery_call_id_alert_id_webhook", "delivery", ["call_id", "alert_id", "webhook"], unique=True)
    op.create_index("ix_delivery_webhook_state_due", "delivery", ["webhook", "state", "due"])
