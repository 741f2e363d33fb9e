"""Whether the broker can be reached: name, TCP, TLS with this device's certificate; no MQTT, nothing is sent.

One rule: each way to fail ends in one of our broker errors, whose message says which step failed and what to do.
"""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING, Final

from counterpoint.edge.proxy import open_line
from counterpoint.edge.proxy_inspection import distrust
from counterpoint.errors import BrokerError, BrokerRefused, BrokerUnreachable
from counterpoint.settings import NetworkSettings

if TYPE_CHECKING:
    from counterpoint.settings import BrokerSettings

STRAIGHT: Final = NetworkSettings()
PATIENCE_S: Final = 5.0
REFUSAL_S: Final = 1.0  # with TLS 1.3 a refused certificate shows only after the handshake


def reach_broker(broker: BrokerSettings, network: NetworkSettings = STRAIGHT) -> str:
    """Connect and disconnect; return how the line is protected, in words.

    Raises:
        BrokerUnreachable: No such name, nothing answers, or it does not speak TLS.
        BrokerRefused: A certificate is missing, or one of the two sides does not trust the other's.
        ProxyRefused: The proxy between does not let us through.
    """
    where = f"{broker.host}:{broker.port}"
    context = _context(broker) if broker.tls else None
    try:
        with open_line(broker.host, broker.port, network, PATIENCE_S) as line:
            if context is None:
                return "in the clear"
            with context.wrap_socket(line, server_hostname=broker.host) as secure:
                _await_refusal(secure, where)
                return secure.version() or "TLS"
    except BrokerError:
        raise
    except ssl.SSLCertVerificationError as error:
        raise BrokerRefused(distrust(where, error, broker, network, PATIENCE_S)) from error
    except ssl.SSLError as error:
        remedy = "check broker.certificate_file and broker.key_file, and that broker.port is its TLS port"
        raise BrokerRefused(f"{where} ended the TLS handshake ({_reason(error)}); {remedy}") from error
    except socket.gaierror as error:
        raise BrokerUnreachable(f"{broker.host} is no known name; check broker.host and the network's DNS") from error
    except TimeoutError as error:
        remedy = "check the network and the firewall between"
        raise BrokerUnreachable(f"{where} does not answer within {PATIENCE_S:.0f} s; {remedy}") from error
    except OSError as error:
        remedy = "check broker.port, the network, and that the broker runs"
        raise BrokerUnreachable(f"{where} can't be reached ({error.strerror or error}); {remedy}") from error


def _context(broker: BrokerSettings) -> ssl.SSLContext:
    """Trust and identity from the files of the settings."""
    try:
        context = ssl.create_default_context(cafile=broker.ca_file or None)
        if broker.certificate_file:
            context.load_cert_chain(broker.certificate_file, broker.key_file)
    except ssl.SSLError as error:
        remedy = "check broker.ca_file, broker.certificate_file and broker.key_file: PEM, and the two of one pair"
        raise BrokerRefused(f"the certificate files can't be used ({_reason(error)}); {remedy}") from error
    except OSError as error:
        remedy = "check the three files of [broker], and that this user may read them"
        raise BrokerRefused(f"a certificate file can't be read ({error.strerror}); {remedy}") from error
    return context


def _await_refusal(secure: ssl.SSLSocket, where: str) -> None:
    """Wait a moment for the other side to refuse us; a broker that takes us waits for our first packet."""
    secure.settimeout(REFUSAL_S)
    try:
        spoke = secure.recv(1)
    except TimeoutError:
        return
    if not spoke:
        raise BrokerRefused(
            f"{where} closed the line at once; check that broker.port is a broker's, and the certificate"
        )


def _reason(error: ssl.SSLError) -> str:
    return (error.reason or str(error)).lower().replace("_", " ")
