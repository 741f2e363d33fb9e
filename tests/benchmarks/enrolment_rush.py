"""A fleet that gets its power back: so many devices ask the enrolment service in the same moment; who is answered when.

    python tests/benchmarks/enrolment_rush.py                          300 devices, each asks once, nobody asks again
    python tests/benchmarks/enrolment_rush.py --load 2                 beside two busy processes
    python tests/benchmarks/enrolment_rush.py --devices 1000 --again   a device that was not answered asks again

The service is the real one, `counterpoint fleet enrolment serve`, in a process of its own, on HTTPS; the devices are
threads of this process with the real client, so both share this machine's processor.

One rule: it prints what it measured, and exits with 1 when a device was left without an answer.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "device"), str(ROOT / "tests")]

from broker_server import free_port  # noqa: E402 (the paths above make this a program that runs from anywhere)
from counterpoint.app.fleet import Keeping, broker, init  # noqa: E402
from counterpoint.care.enrolment import waits_s  # noqa: E402
from counterpoint.edge.device_key import make_key, make_request  # noqa: E402
from counterpoint.edge.enrolment_service import EnrolmentService  # noqa: E402
from counterpoint.errors import EnrolmentUnreachable  # noqa: E402
from counterpoint.fleet.enrolment.broker_files import BrokerPlan  # noqa: E402
from counterpoint.fleet.enrolment.judgement import Operator  # noqa: E402
from counterpoint.fleet.enrolment.office import Office  # noqa: E402
from counterpoint.fleet.enrolment.tokens import Machine  # noqa: E402
from counterpoint.settings import NetworkSettings  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

STARTS_S: Final = 60.0
MOST_TRIES: Final = 20


@dataclass(frozen=True, slots=True)
class Came:
    """What came of a device's question: "waits", "certificate", or why there was no answer; and how long it took."""

    what: str
    took_s: float
    tries: int


@contextmanager
def serving(folder: Path, port: int) -> Iterator[None]:
    """Run the service till the end of the block."""
    words = ["fleet", "enrolment", "serve", "--listen", "127.0.0.1", "--port", str(port), "--store", str(folder)]
    command = [sys.executable, "-m", "counterpoint", *words]
    with subprocess.Popen(command, cwd=ROOT / "device", stderr=subprocess.PIPE, text=True) as service:
        assert service.stderr is not None
        began_s = time.monotonic()
        while "serving" not in service.stderr.readline():
            if service.poll() is not None or time.monotonic() - began_s > STARTS_S:
                raise SystemExit("the service does not start")
        threading.Thread(target=service.stderr.read, daemon=True).start()
        try:
            yield
        finally:
            service.terminate()


class Rush:
    """So many devices with their keys and tokens, and a starting gun."""

    def __init__(self, folder: Path, devices: int, url: str, *, again: bool) -> None:
        machines = [Machine(f"PC-{number}", "hall-3") for number in range(devices)]
        self._tokens = [each.token for each in Office(folder).make_tokens(machines, Operator("anna", "anna"), 1)]
        self._requests = [self._request(folder, number) for number in range(devices)]
        self._service = EnrolmentService(url, NetworkSettings(), folder / "ca.pem")
        self._again = again

    def run(self) -> list[Came]:
        """Let all of them ask in the same moment; return what came of it."""
        came: list[Came] = []
        gun = threading.Barrier(len(self._tokens))
        crowd = [
            threading.Thread(target=self._run_one, args=(gun, number, came)) for number in range(len(self._tokens))
        ]
        for each in crowd:
            each.start()
        for each in crowd:
            each.join()
        return came

    def _run_one(self, gun: threading.Barrier, number: int, came: list[Came]) -> None:
        gun.wait()
        came.append(self._ask(number))

    def _request(self, folder: Path, number: int) -> str:
        key = folder / f"device-{number}.key"
        make_key(key)
        return make_request(key, "counterpoint")

    def _ask(self, number: int) -> Came:
        began_s = time.monotonic()
        waits = waits_s(iter(random.random, None))
        for tried in range(1, MOST_TRIES + 1):
            try:
                signed = self._service.enrol(self._tokens[number], self._requests[number])
                return Came("waits" if signed is None else "certificate", time.monotonic() - began_s, tried)
            except EnrolmentUnreachable as error:
                why = str(error)
            if not self._again:
                break
            time.sleep(next(waits))
        return Came(why, time.monotonic() - began_s, tried)


def told(question: str, came: list[Came]) -> str:
    """A line of the table."""
    answered = sorted(each.took_s for each in came if each.what in {"waits", "certificate"})
    others = Counter(each.what.partition("(")[2].partition(")")[0] or each.what for each in came)
    for fine in ("waits", "certificate"):
        others.pop(fine, None)
    lost = ", ".join(f"{count} {why}" for why, count in others.most_common()) or "none"
    again = sum(each.tries > 1 for each in came)
    middle, last = (answered[len(answered) // 2], answered[-1]) if answered else (float("nan"), float("nan"))
    return f"| {question} | {len(came)} | {len(answered)} | {again} | {middle:.1f} s | {last:.1f} s | {lost} |"


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", type=int, default=300)
    parser.add_argument("--load", type=int, default=0, help="busy processes beside it")
    parser.add_argument("--again", action="store_true", help="ask again as a device does")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place, ExitStack() as ends:
        folder = Path(place) / "store"
        init(Keeping(folder), "a rush", ["localhost"])
        plan = BrokerPlan(Path(place) / "broker", "localhost", 8883, None, Path(place))
        broker(Keeping(folder), plan)  # its rules are written anew with each certificate
        port = free_port()
        rush = Rush(folder, asked.devices, f"https://localhost:{port}", again=asked.again)
        ends.enter_context(serving(folder, port))
        for _ in range(asked.load):
            busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
            ends.callback(busy.kill)
        print("| question | devices | answered | asked again | half of them within | all within | not answered |")
        print("|---|---|---|---|---|---|---|")
        first = rush.run()
        print(told("a token, for the first time", first), flush=True)
        Office(folder).approve([], Operator("ben", "ben"), everything=True)
        second = rush.run()
        print(told("approved: the certificate", second), flush=True)
    return int(any(each.what not in {"waits", "certificate"} for each in (*first, *second)))


if __name__ == "__main__":
    sys.exit(main())
