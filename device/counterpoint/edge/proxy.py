"""A TCP line to a host, through the company's HTTP proxy where the settings name one (CONNECT, RFC 9110 9.3.6).

One rule: it opens a line and says who refused it; what goes over the line, TLS first of all, is the caller's, and the
proxy's name is looked up here while the host's is left to the proxy. No environment variable is read.
"""

from __future__ import annotations

import base64
import socket
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Final

from counterpoint.errors import BrokerUnreachable, ProxyRefused

if TYPE_CHECKING:
    from counterpoint.settings import NetworkSettings

LONGEST_ANSWER: Final = 16_384
"""Bytes of a proxy's answer; more is no answer to CONNECT."""
LONGEST_REASON: Final = 60
"""Characters of a proxy's own words in a message of ours."""
OPENED: Final = 200
FORBIDDEN: Final = (403, 405)
WANTS_PASSWORD: Final = 407
REFUSES_PASSWORD: Final = 401
"""tinyproxy's answer to a wrong password; the standard's is 407 again."""


def open_line(host: str, port: int, network: NetworkSettings, patience_s: float) -> socket.socket:
    """Connect to a host, through the proxy where one is set; the line times out after `patience_s` of silence.

    Raises:
        OSError: Without a proxy, whatever connecting raises.
        ProxyRefused: The proxy is not there, wants another password, or forbids this host.
        BrokerUnreachable: The proxy can't reach the host.
    """
    if not network.proxy_host:
        return socket.create_connection((host, port), patience_s)
    line = _reach_proxy(network, patience_s)
    try:
        _ask(line, f"{_bracketed(host)}:{port}", network, patience_s)
    except BaseException:
        line.close()
        raise
    return line


def _reach_proxy(network: NetworkSettings, patience_s: float) -> socket.socket:
    where = _name(network)
    try:
        return socket.create_connection((network.proxy_host, network.proxy_port), patience_s)
    except socket.gaierror as error:
        raise ProxyRefused(f"{where} is no known name: check network.proxy_host and the network's DNS") from error
    except OSError as error:
        raise ProxyRefused(
            f"{where} does not answer ({error.strerror or error}): check network.proxy_host, network.proxy_port"
        ) from error


def _ask(line: socket.socket, target: str, network: NetworkSettings, patience_s: float) -> None:
    where = _name(network)
    asked = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
    if network.proxy_credentials_file:
        asked.append(f"Proxy-Authorization: Basic {_credentials(Path(network.proxy_credentials_file))}")
    try:
        line.sendall("\r\n".join([*asked, "", ""]).encode("ascii"))
        answer = _read_answer(line, monotonic() + patience_s)
    except OSError as error:
        raise ProxyRefused(
            f"{where} closed the line or said nothing ({error.strerror or error}): is it an HTTP proxy?"
        ) from error
    code, reason = _status(answer)
    if code is None:
        raise ProxyRefused(f"{where} is no HTTP proxy: check network.proxy_port")
    if code in {WANTS_PASSWORD, REFUSES_PASSWORD}:
        raise ProxyRefused(_password_trouble(where, answer, network))
    if code in FORBIDDEN:
        raise ProxyRefused(f"{where} does not allow {target} ({code} {reason}): have it allow CONNECT to it")
    if code != OPENED:
        raise BrokerUnreachable(f"{where} can't reach {target} ({code} {reason}): check broker.host and broker.port")


def _read_answer(line: socket.socket, until_s: float) -> str:
    """The head of the answer; not a byte more, the next one is the host's."""
    answer = bytearray()
    while not answer.endswith(b"\r\n\r\n") and len(answer) < LONGEST_ANSWER and monotonic() < until_s:
        byte = line.recv(1)
        if not byte:
            break
        answer += byte
    return answer.decode("latin-1")


def _status(answer: str) -> tuple[int | None, str]:
    """Code and reason of the first line; None where it is no whole HTTP answer."""
    version, _, rest = answer.partition("\r\n")[0].partition(" ")
    code, _, reason = rest.partition(" ")
    if not answer.endswith("\r\n\r\n") or not version.startswith("HTTP/1.") or not (code.isascii() and code.isdigit()):
        return None, ""
    return int(code), "".join(letter for letter in reason if letter.isprintable())[:LONGEST_REASON]


def _password_trouble(where: str, answer: str, network: NetworkSettings) -> str:
    offers = [line.partition(":")[2].strip().lower() for line in answer.split("\r\n") if _asks_for_password(line)]
    if offers and not any(offer.startswith("basic") for offer in offers):
        return f"{where} wants a password in a way that is not Basic: have it let this device through without one"
    if network.proxy_credentials_file:
        return f"{where} refuses the user and password: correct {network.proxy_credentials_file}"
    return f"{where} wants a user and a password: put user:password into a file, set network.proxy_credentials_file"


def _asks_for_password(line: str) -> bool:
    return line.lower().startswith("proxy-authenticate:")


def _credentials(path: Path) -> str:
    try:
        written = path.read_text(encoding="utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise ProxyRefused(f"{path} can't be read ({reason}): check network.proxy_credentials_file") from error
    if ":" not in written or "\n" in written:
        raise ProxyRefused(f"{path} holds no user:password on one line: write it so")
    return base64.b64encode(written.encode("utf-8")).decode("ascii")


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _name(network: NetworkSettings) -> str:
    return f"the proxy {_bracketed(network.proxy_host)}:{network.proxy_port}"
