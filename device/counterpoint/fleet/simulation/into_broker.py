"""A year's last weeks through a real broker: each device on a line of its own, as one that empties its outbox.

One rule: it speaks as a device's publisher does, through the same edge, sends what its outbox would still have, and
counts what the broker has taken.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Final

from counterpoint.edge.broker import Broker
from counterpoint.edge.keys import load_identity
from counterpoint.errors import BrokerUnreachable, UsageError
from counterpoint.fleet.simulation.messages import births, last_words, windows
from counterpoint.fleet.simulation.year import noon_s
from counterpoint.messages.channels import BIRTH, HEALTH, STATE, WINDOW
from counterpoint.messages.schemas import decode_window
from counterpoint.messages.sending import NO_SUBSCRIBERS, SUCCESS
from counterpoint.settings import BrokerSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from counterpoint.fleet.collector.intake import Arrival
    from counterpoint.fleet.simulation.year import SiteStory, Year
    from counterpoint.messages.channels import Channel

MOST_WEEKS: Final = 6
"""A collector refuses what is older than 45 days, as a replay."""
KEPT_S: Final = 30 * 86_400
"""An outbox keeps a window for so long."""
IN_FLIGHT: Final = 20
ANSWER_S: Final = 30.0
CHANNELS: Final[dict[str, Channel]] = {channel.leaf: channel for channel in (BIRTH, STATE, HEALTH, WINDOW)}


class IntoBroker:
    """Keeps the weeks until all are drawn, then lets one device after the other send its own.

    Attributes:
        taken: Windows that the broker took for somebody.
        dropped: Windows that no outbox would have any more, and that were not sent.
    """

    def __init__(self, year: Year, host: str, port: int, now_s: float) -> None:
        if year.plan.weeks > MOST_WEEKS:
            raise UsageError(f"a collector takes nothing older than 45 days: give --weeks {MOST_WEEKS} or fewer")
        self._year = year
        self._host, self._port = host, port
        self._waiting: dict[str, list[Arrival]] = {}
        self._kept_from_s = now_s - KEPT_S
        self.taken = 0
        self.dropped = 0

    def take(self, _week: int, told: Sequence[SiteStory]) -> None:
        """Keep a week's windows, as outboxes do."""
        made = list(windows(self._year, told))
        kept = [each for each in made if decode_window(each.payload).end_utc.timestamp() >= self._kept_from_s]
        self.dropped += len(made) - len(kept)
        self._keep(kept)

    def end(self) -> None:
        """Send everything."""
        now_s = noon_s(self._year.weeks[-1])
        first, self._waiting = self._waiting, {}
        self._keep(list(births(self._year)))
        for device, arrivals in first.items():
            self._waiting[device] += arrivals
        self._keep(list(last_words(self._year, now_s)))
        for device, arrivals in self._waiting.items():
            self._send(device, arrivals)

    def _keep(self, arrivals: Sequence[Arrival]) -> None:
        for arrival in arrivals:
            self._waiting.setdefault(arrival.topic.split("/")[3], []).append(arrival)

    def _send(self, device: str, arrivals: Sequence[Arrival]) -> None:
        settings = BrokerSettings(host=self._host, port=self._port, tls=False, device_id=device)
        line = Broker(settings, arrivals[0].topic.split("/")[2], load_identity(settings))
        in_flight: dict[int, Channel] = {}
        for arrival in arrivals:
            channel = CHANNELS[arrival.topic.split("/")[4]]
            in_flight[line.publish(channel, arrival.payload)] = channel
            self._settle(line, in_flight, IN_FLIGHT)
        self._settle(line, in_flight, 1)
        line.close(for_good=True)

    def _settle(self, line: Broker, in_flight: dict[int, Channel], room: int) -> None:
        """Serve the line until fewer than `room` messages wait for their answer."""
        until_s = monotonic() + ANSWER_S
        while len(in_flight) >= room:
            for answer in line.step():
                channel = in_flight.pop(answer.message, None)
                self.taken += channel is WINDOW and answer.code == SUCCESS
                if answer.code not in (SUCCESS, NO_SUBSCRIBERS):
                    raise BrokerUnreachable(
                        f"the broker refuses a simulated device (0x{answer.code:02x}): let it write"
                    )
            if monotonic() > until_s:
                raise BrokerUnreachable(f"the broker at {self._host} does not answer: is it there?")
