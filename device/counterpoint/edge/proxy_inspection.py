"""Who signed the certificate that is shown instead of the broker's: a proxy that opens TLS, most often.

One rule: it looks at a certificate that has already been refused and sends nothing over that line; the answer is for a
message alone.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Final

from counterpoint.edge.keys import issuer_of
from counterpoint.edge.proxy import open_line
from counterpoint.errors import BrokerError

if TYPE_CHECKING:
    from counterpoint.settings import BrokerSettings, NetworkSettings

FOREIGN: Final = (7, 18, 19, 20, 21)
"""OpenSSL's X509_V_ERR codes for a chain that no authority of ours has signed (x509_vfy.h)."""
LONGEST_NAME: Final = 80


def distrust(
    where: str, error: ssl.SSLCertVerificationError, broker: BrokerSettings, network: NetworkSettings, patience_s: float
) -> str:
    """What to tell about a certificate that is not trusted: why, who signed it, and what to do."""
    shown = f"{where} shows a certificate that is not trusted ({error.verify_message})"
    if error.verify_code not in FOREIGN:
        return f"{shown}; check broker.host, the broker's certificate and this device's clock"
    issuer = _issuer(broker, network, patience_s)
    return (
        f"{shown}{f', signed by {issuer!r}' if issuer else ''}; have a firewall that opens TLS exempt the broker, the"
        " device sends nothing through it, or set broker.ca_file to the authority that signed the broker's certificate"
    )


def _issuer(broker: BrokerSettings, network: NetworkSettings, patience_s: float) -> str:
    """The issuer's name as the certificate says it; empty where it can't be had. Our own certificate is not shown."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with (
            open_line(broker.host, broker.port, network, patience_s) as line,
            context.wrap_socket(line, server_hostname=broker.host) as secure,
        ):
            return _plain(issuer_of(secure.getpeercert(binary_form=True) or b""))
    except (OSError, BrokerError, ValueError, IndexError):
        return ""


def _plain(name: str) -> str:
    return "".join(letter for letter in name if letter.isprintable())[:LONGEST_NAME]
