"""Calls and what is said, found, alerted and whispered in them; who did what."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("when", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("call_id", sa.Text()),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_call_id", "audit", ["call_id"])
    op.create_table(
        "call",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("started", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended", sa.DateTime(timezone=True)),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("agent", sa.Text()),
        sa.Column("team", sa.Text()),
        sa.Column("customer", sa.Text()),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("why", sa.Text()),
        sa.Column("risk", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("talk_share", sa.JSON(), nullable=False),
        sa.Column("mood", sa.JSON(), nullable=False),
        sa.Column("channels", sa.JSON(), nullable=False),
        sa.Column("summary", sa.JSON()),
        sa.PrimaryKeyConstraint("id", name="pk_call"),
    )
    op.create_index("ix_call_ended", "call", ["ended"])
    op.create_index("ix_call_started_id", "call", ["started", "id"])
    op.create_table(
        "alert",
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("because", sa.JSON(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("speaker", sa.Text(), nullable=False),
        sa.Column("raised", sa.DateTime(timezone=True)),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("by", sa.Text()),
        sa.Column("when", sa.DateTime(timezone=True)),
        sa.Column("note", sa.Text()),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name="fk_alert_call", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("call_id", "id", name="pk_alert"),
    )
    op.create_table(
        "finding",
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text()),
        sa.Column("speaker", sa.Text(), nullable=False),
        sa.Column("start", sa.Double(), nullable=False),
        sa.Column("end", sa.Double(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("utterance", sa.Text()),
        sa.Column("span", sa.JSON()),
        sa.Column("level", sa.Integer()),
        sa.Column("count", sa.Integer()),
        sa.Column("first", sa.Double()),
        sa.Column("inconsistent", sa.Boolean()),
        sa.Column("values", sa.JSON()),
        sa.Column("due", sa.Text()),
        sa.Column("said", sa.Text()),
        sa.Column("overlap", sa.Double()),
        sa.Column("seconds", sa.Double()),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name="fk_finding_call", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("call_id", "id", name="pk_finding"),
    )
    op.create_table(
        "utterance",
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("speaker", sa.Text(), nullable=False),
        sa.Column("start", sa.Double(), nullable=False),
        sa.Column("end", sa.Double(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("spans", sa.JSON(), nullable=False),
        sa.Column("voice", sa.JSON()),
        sa.Column("valence", sa.Double()),
        sa.Column("arousal", sa.Double()),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name="fk_utterance_call", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("call_id", "id", name="pk_utterance"),
    )
    op.create_table(
        "whisper",
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("because", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name="fk_whisper_call", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("call_id", "id", name="pk_whisper"),
    )
