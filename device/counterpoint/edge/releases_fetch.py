"""Fetches the file of a release for the caretaker, through the proxy where one is set, going on where it broke off.

One rule: only what the caretaker asked for, whose signatures hold, is fetched, and not a byte more than was signed for.
The caretaker checks it again: what this process says of a file is not believed.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from counterpoint.edge.commands import archive_path
from counterpoint.edge.proxy import open_line
from counterpoint.errors import CounterpointError

if TYPE_CHECKING:
    import ssl
    from pathlib import Path

    from counterpoint.messages.commands import ReleaseOffer
    from counterpoint.messages.sending import BackOff
    from counterpoint.settings import NetworkSettings

PATIENCE_S: Final = 60.0
"""A server that says nothing for this long is left, and tried again."""
CHUNK_BYTES: Final = 1 << 16
HTTPS_PORT: Final = 443
MODE: Final = 0o640
WANTED: Final = "release-"


class ReleaseFetch:
    """Brings the file of a release into the inbox, in a thread of its own; call `look` each second.

    `trouble` says in words why it is not here yet.
    """

    def __init__(
        self, inbox: Path, context: ssl.SSLContext | None, network: NetworkSettings, back_off: BackOff
    ) -> None:
        self._inbox = inbox
        self._context = context
        self._network = network
        self._back_off = back_off
        self._thread: threading.Thread | None = None
        self._offer: ReleaseOffer | None = None
        self._given_up = threading.Event()
        self._not_before_s = float("-inf")
        self._failed = False
        self.trouble = ""

    def look(self, offer: ReleaseOffer | None, now_s: float) -> None:
        """Begin, go on or give up, as the caretaker wants this release or none; `now_s` is a monotonic time."""
        if offer is None or archive_path(self._inbox, offer).exists():
            self._given_up.set()
            self._clear(offer)
            return
        if self._thread is not None and self._thread.is_alive():
            if offer != self._offer:
                self._given_up.set()
            return
        if self._failed:
            self._failed = False
            self._not_before_s = now_s + self._back_off.failed()
        if now_s >= self._not_before_s:
            self._given_up, self._offer = threading.Event(), offer
            self._thread = threading.Thread(target=self._fetch, args=(offer, self._given_up), daemon=True)
            self._thread.start()

    def _fetch(self, offer: ReleaseOffer, given_up: threading.Event) -> None:
        path = archive_path(self._inbox, offer)
        part = path.with_suffix(".part")
        try:
            self._download(offer, part, given_up)
            if not given_up.is_set():
                _check(part, offer)
                part.rename(path)
                self._back_off.succeeded()
                self.trouble = ""
        except (OSError, http.client.HTTPException, ValueError) as error:
            # A CounterpointError of the proxy has words of its own; its base is an OSError too.
            reason = str(error) if isinstance(error, CounterpointError) else f"{type(error).__name__}: {error}"
            self.trouble = f"the release {offer.version} can't be fetched ({reason}): it is tried again"
            self._failed = True

    def _download(self, offer: ReleaseOffer, part: Path, given_up: threading.Event) -> None:
        have = part.stat().st_size if part.exists() else 0
        if have >= offer.size_bytes:
            return
        connection = _Connection(offer.url, self._context, self._network)
        try:
            connection.request("GET", _target(offer.url), headers={"Range": f"bytes={have}-"} if have else {})
            answer = connection.getresponse()
            if answer.status not in {http.client.OK, http.client.PARTIAL_CONTENT}:
                raise http.client.HTTPException(f"the server says {answer.status} {answer.reason}")
            begun = have if answer.status == http.client.PARTIAL_CONTENT else 0
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, MODE)
            with os.fdopen(descriptor, "wb") as file:
                file.truncate(begun)
                file.seek(begun)
                left = offer.size_bytes - begun
                while left > 0 and not given_up.is_set() and (chunk := answer.read1(min(left, CHUNK_BYTES))):
                    file.write(chunk)
                    left -= len(chunk)
                file.flush()
                os.fsync(descriptor)
        finally:
            connection.close()

    def _clear(self, offer: ReleaseOffer | None) -> None:
        """Leave nothing of a release that nobody waits for; a whole file is the caretaker's to delete."""
        kept = None if offer is None else archive_path(self._inbox, offer).with_suffix(".part")
        if self._thread is None or not self._thread.is_alive():
            for path in self._inbox.glob(f"{WANTED}*.part"):
                if path != kept:
                    with suppress(OSError):
                        path.unlink()


class _Connection(http.client.HTTPSConnection):
    """HTTPS over a line of ours; no redirection is followed, since the address is what was signed."""

    def __init__(self, url: str, context: ssl.SSLContext | None, network: NetworkSettings) -> None:
        place = urlsplit(url)
        super().__init__(place.hostname or "", place.port or HTTPS_PORT, context=context, timeout=PATIENCE_S)
        self._network = network

    def connect(self) -> None:
        line = open_line(self.host, self.port, self._network, PATIENCE_S)
        self.sock = self._context.wrap_socket(line, server_hostname=self.host)  # type: ignore[attr-defined] # http.client keeps it there


def _target(url: str) -> str:
    place = urlsplit(url)
    return (place.path or "/") + (f"?{place.query}" if place.query else "")


def _check(part: Path, offer: ReleaseOffer) -> None:
    """Delete a file that is not the one; what is merely not whole is gone on with."""
    if part.stat().st_size < offer.size_bytes:
        raise ConnectionError("the connection broke off")
    with part.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != offer.sha256:
        part.unlink()
        raise ConnectionError("the server has another file than the one that was signed for")
