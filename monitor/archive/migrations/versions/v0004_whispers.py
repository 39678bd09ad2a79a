"""Whispers with who sent them and what became of them. No earlier version kept one: the table is made anew."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.drop_table("whisper")
    op.create_table(
        "whisper",
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("by", sa.Text()),
        sa.Column("say", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("because", sa.JSON(), nullable=False),
        sa.Column("rule", sa.Text()),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("expires", sa.Double(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("when", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name="fk_whisper_call", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("call_id", "id", name="pk_whisper"),
    )
