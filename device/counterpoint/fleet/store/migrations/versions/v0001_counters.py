"""Sites, devices, windows, and what is kept apart."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "apart",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("site", sa.String(length=36), nullable=False),
        sa.Column("device", sa.String(length=36), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("first_s", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last_s", sa.BigInteger(), nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("ix_apart_device", "apart", ["device"], unique=False)
    op.create_index("ix_apart_last_s", "apart", ["last_s"], unique=False)
    op.create_table(
        "device_window",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("start_s", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("end_s", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("site", sa.String(length=36), nullable=False),
        sa.Column("device", sa.String(length=36), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", "start_s"),
        postgresql_partition_by="RANGE (start_s)",
    )
    op.create_index("device_window_device", "device_window", ["device", "start_s"], unique=True)
    op.create_index("device_window_site", "device_window", ["site", "start_s"], unique=False)
    op.create_table(
        "site",
        sa.Column("code", sa.String(length=36), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("told_until", sa.String(length=8), nullable=True),
        sa.Column("told_until_s", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("closed_until", sa.String(length=8), nullable=True),
        sa.PrimaryKeyConstraint("code"),
    )
    op.create_table(
        "tally",
        sa.Column("site", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site", "kind"),
    )
    op.create_table(
        "device",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("site", sa.String(length=36), nullable=False),
        sa.Column("label", sa.Text(), server_default="", nullable=False),
        sa.Column("first_seen_s", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last_seen_s", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("state", sa.String(length=16), server_default="unknown", nullable=False),
        sa.Column("state_s", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("birth", sa.LargeBinary(), nullable=True),
        sa.Column("health", sa.LargeBinary(), nullable=True),
        sa.Column("health_s", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("reply", sa.LargeBinary(), nullable=True),
        sa.Column("fewest_people", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("known_from_s", sa.BigInteger(), nullable=True),
        sa.Column("told_until_s", sa.BigInteger(), nullable=True),
        sa.Column("apart_count", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("late_count", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("quarantined", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(
            ["site"],
            ["site.code"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_device_site", "device", ["site"], unique=False)
    op.create_table(
        "gap",
        sa.Column("device", sa.String(length=36), nullable=False),
        sa.Column("from_s", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("until_s", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("is_off", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["device"], ["device.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("device", "from_s"),
    )
