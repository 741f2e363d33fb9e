"""Two collectors on one shared subscription into PostgreSQL, one of them killed in the middle of the load.

Use: python tests/benchmarks/fleet_collectors.py [--windows 40000] [--devices 400] [--dead 5]
Mosquitto with TLS, and PostgreSQL with every commit on the medium (fsync). The killed one is started again, as systemd
would: Mosquitto keeps what it had handed to its session until then.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from postgresql_server import PostgresqlServer
from two_collectors import kill_one


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--windows", type=int, default=40_000)
    parser.add_argument("--devices", type=int, default=400)
    parser.add_argument("--dead", type=float, default=5.0, help="seconds until the killed one is started again")
    order = parser.parse_args()
    rounds = order.windows // order.devices
    with PostgresqlServer(durable=True) as server, tempfile.TemporaryDirectory(prefix="two-") as folder:
        found = kill_one(Path(folder), server.database(), order.devices, rounds, order.dead)
    print(f"sent {found.sent} windows, in the store {found.kept} after {found.took_s:.1f} s")
    print(f"killed -9 at {found.at_kill}; the other brought in {found.while_dead} in the {order.dead:g} s after it")
    print(f"lost {found.lost}, doubled {found.doubled}, kept apart {found.apart}")
    return int(bool(found.lost or found.doubled or found.apart))


if __name__ == "__main__":
    raise SystemExit(main())
