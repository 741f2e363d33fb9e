"""What stands between a counter and its broker: a real HTTP proxy, and a Mosquitto that listens for WebSocket."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Self

import pytest

from broker_server import BrokerServer, free_port
from counterpoint.settings import BrokerSettings

START_S = 10.0


class WebSocketServer(BrokerServer):
    """Mosquitto with a second door for WebSocket, behind the same certificates; any path is its own.

    The first door stays: with WebSocket alone, Mosquitto 2.0.11 says "Unable to start any listening sockets" and ends.
    """

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self.web_port = port or free_port()
        super().__init__(folder)

    def through_web(self, device: str, **other: object) -> BrokerSettings:
        """The settings of a device that comes by WebSocket; `localhost` is a name that only the proxy has to know."""
        return self.settings(device, host="localhost", port=self.web_port, transport="websockets", **other)

    def _write_settings(self) -> None:
        super()._write_settings()
        file = self.folder / "mosquitto.conf"
        lines = file.read_text().splitlines()
        each = ("cafile", "certfile", "keyfile", "require_certificate", "use_identity_as_username")
        door = [f"listener {self.web_port} 127.0.0.1", "protocol websockets"]
        file.write_text("\n".join([*lines, *door, *(line for line in lines if line.split()[0] in each)]) + "\n")


class Proxy:
    """tinyproxy, private; lets CONNECT through to the ports named, and nothing else."""

    def __init__(self, folder: Path, ports: tuple[int, ...], *, password: str = "", address: str = "127.0.0.1") -> None:
        program = shutil.which("tinyproxy", path=f"{os.environ['PATH']}:/usr/sbin")
        if program is None:
            pytest.skip("tinyproxy is not installed: apt-get install tinyproxy-bin")
        folder.mkdir(parents=True, exist_ok=True)
        self.address, self.port = address, free_port()
        self._log = folder / "tinyproxy.log"
        lines = [
            f"Port {self.port}",
            f"Listen {address}",
            "Timeout 60",
            "MaxClients 20",
            f'LogFile "{self._log}"',
            "LogLevel Connect",
            *(["User root", "Group root"] if os.geteuid() == 0 else []),
            *(f"ConnectPort {port}" for port in ports),
            *([f"BasicAuth {password.replace(':', ' ')}"] if password else []),
        ]
        (folder / "tinyproxy.conf").write_text("\n".join(lines) + "\n")
        self._command = [program, "-d", "-c", str(folder / "tinyproxy.conf")]

    def __enter__(self) -> Self:
        self._running = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until_s = time.monotonic() + START_S
        while time.monotonic() < until_s:
            with socket.socket() as door:
                if door.connect_ex((self.address, self.port)) == 0:
                    return self
            time.sleep(0.02)
        self.__exit__()
        raise TimeoutError(self._log.read_text())

    def __exit__(self, *_: object) -> None:
        self._running.kill()
        self._running.wait()

    def passed_on(self) -> list[str]:
        """The hosts and ports that it was asked for, in order."""
        return re.findall(r"CONNECT (\S+) HTTP", self._log.read_text())
