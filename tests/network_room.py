"""A room with one door: a network namespace whose packet filter drops all but what goes to one proxy and back."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from typing import Self

import pytest

OUTSIDE, INSIDE = "10.213.7.1", "10.213.7.2"
FILTER = """
table inet room {
  chain outward {
    type filter hook output priority 0; policy drop;
    oif lo accept
    ip daddr %(proxy)s tcp dport %(port)d accept
    meta l4proto { tcp, udp } counter drop
  }
  chain inward {
    type filter hook input priority 0; policy drop;
    iif lo accept
    ip saddr %(proxy)s tcp sport %(port)d ct state established accept
    meta l4proto { tcp, udp } counter drop
  }
}
"""


class Room:
    """Use as a context manager; `shut` puts the filter up."""

    def __init__(self) -> None:
        if os.geteuid() != 0:
            pytest.skip("a network namespace of our own needs root")
        if missing := [name for name in ("ip", "nft") if shutil.which(name, path=_path()) is None]:
            pytest.skip(f"{', '.join(missing)} not installed: apt-get install iproute2 nftables")
        self._name = f"counter-{os.getpid()}"
        self._veth = f"vc{os.getpid()}"

    def __enter__(self) -> Self:
        inner = f"{self._veth}i"
        if OUTSIDE in _run("ip", "addr").stdout:
            pytest.skip(f"{OUTSIDE} is in use on this machine, perhaps by another run of this test")
        for line in (
            f"ip netns add {self._name}",
            f"ip link add {self._veth} type veth peer name {inner} netns {self._name}",
            f"ip addr add {OUTSIDE}/30 dev {self._veth}",
            f"ip link set {self._veth} up",
            f"ip -n {self._name} addr add {INSIDE}/30 dev {inner}",
            f"ip -n {self._name} link set lo up",
            f"ip -n {self._name} link set {inner} up",
            f"ip -n {self._name} route add default via {OUTSIDE}",
        ):
            done = _run(*line.split(), check=False)
            if done.returncode:
                self.__exit__()
                pytest.skip(f"no network of our own can be made here: {line}: {done.stderr.strip()}")
        return self

    def __exit__(self, *_: object) -> None:
        _run("ip", "link", "del", self._veth, check=False)
        _run("ip", "netns", "del", self._name, check=False)

    def shut(self, proxy_port: int) -> None:
        """Drop everything but TCP to the proxy's port."""
        rules = FILTER % {"proxy": OUTSIDE, "port": proxy_port}
        subprocess.run(self._inside(["nft", "-f", "-"]), input=rules, text=True, check=True, env=_environment())

    def dropped(self) -> int:
        """Packets that the filter dropped, TCP and UDP, both ways."""
        shown = _run(*self._inside(["nft", "list", "table", "inet", "room"])).stdout
        return sum(int(number) for number in re.findall(r"counter packets (\d+)", shown))

    def start(self, command: Sequence[str]) -> subprocess.Popen[str]:
        """Start a command in the room; what it says is kept."""
        return subprocess.Popen(
            self._inside(command), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=_environment()
        )

    def _inside(self, command: Sequence[str]) -> list[str]:
        return ["ip", "netns", "exec", self._name, *command]


def _path() -> str:
    return f"{os.environ['PATH']}:/usr/sbin:/sbin"


def _environment() -> dict[str, str]:
    return {**os.environ, "PATH": _path()}


def _run(*command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=check, env=_environment())
