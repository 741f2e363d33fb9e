"""The doctor's looks at the way to the broker: reaching it as the publisher would, the certificate, the rights.

One rule: as in examine.py, a look changes nothing and judges nothing. While the publisher is connected its word is
taken: the broker knows both by one name.
"""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from counterpoint.care.checks import Check, judge_error
from counterpoint.care.checks_broker import judge_certificate, judge_rights, judge_trust
from counterpoint.edge.broker_reach import reach_broker
from counterpoint.edge.examine_machine import PUBLISHER_UNIT, ask_systemd
from counterpoint.edge.examine_rights import ask_rights
from counterpoint.edge.inbox import Inbox
from counterpoint.edge.keys import load_identity, read_certificate
from counterpoint.errors import BrokerRefused, CounterpointError, ProxyRefused, SettingsError

if TYPE_CHECKING:
    from counterpoint.settings import BrokerSettings, Settings

NOT_RUNNING: Final = ("inactive", "failed")


def look_at_broker(settings: Settings) -> list[Check]:
    """Reach the broker as the publisher would, as far as TLS; then see the certificate and ask for the rights."""
    broker = settings.broker
    if not broker.host:
        remedy = "set broker.host, or leave it: the light works, nothing is sent"
        return [Check("broker", "warn", "none is set", remedy)]
    reached = _reached(settings)
    checks = [reached, *_certificate(broker)]
    if reached.state == "ok":
        checks += _rights(settings)
    return checks


def _reached(settings: Settings) -> Check:
    broker = settings.broker
    try:
        how = reach_broker(broker, settings.network)
    except ProxyRefused as error:
        return judge_error("proxy", str(error))
    except BrokerRefused as error:
        if isinstance(error.__cause__, ssl.SSLCertVerificationError):
            what, _, remedy = str(error).partition("; ")
            return judge_trust(what, remedy, _authority(broker))
        return judge_error("broker", str(error))
    except CounterpointError as error:
        return judge_error("broker", str(error))
    through = f" through the proxy {settings.network.proxy_host}" if settings.network.proxy_host else ""
    return Check("broker", "ok", f"{broker.host}:{broker.port} answers{through}, {how}")


def _authority(broker: BrokerSettings) -> str:
    """The name of the authority of the settings; "" where it has none, or none is set."""
    try:
        return read_certificate(Path(broker.ca_file))[0] if broker.ca_file else ""
    except SettingsError:
        return ""


def _certificate(broker: BrokerSettings) -> list[Check]:
    if not broker.certificate_file:
        return []
    try:
        name, ends = read_certificate(Path(broker.certificate_file))
    except SettingsError as error:
        return [judge_error("certificate", str(error))]
    return [judge_certificate((ends - datetime.now(UTC)).days, name)]


def _rights(settings: Settings) -> list[Check]:
    said = Inbox(Path(settings.folders.inbox)).publisher()
    if said is not None and said.connected and ask_systemd(PUBLISHER_UNIT).get("ActiveState") not in NOT_RUNNING:
        what = "the publisher is connected, and the broker knows both by one name"
        remedy = f"to see: systemctl stop {PUBLISHER_UNIT}, then run doctor again"
        return [Check("topics", "skipped", what, remedy), Check("fences", "skipped", what, remedy)]
    try:
        rights = ask_rights(settings, load_identity(settings.broker))
    except CounterpointError as error:
        return [judge_error("topics", str(error))]
    return judge_rights(rights.asked, rights.overheard)
