"""Blocks of samples come in, beliefs about who speaks go out.

`geometry` says where the microphones are, `zones` turns a block into what the two sides and the rest of the
room sound like, `detector` turns that into probabilities, `channels` notices microphones that are dead, `placement`
an array that is not what, or not where, the settings say.
"""

from counterpoint.hearing.channels import ChannelWatch
from counterpoint.hearing.detector import Detector
from counterpoint.hearing.geometry import BUILT_IN, ArrayGeometry, parse_geometry, raw_channels
from counterpoint.hearing.placement import PlacementWatch
from counterpoint.hearing.zones import Zones

__all__ = [
    "BUILT_IN",
    "ArrayGeometry",
    "ChannelWatch",
    "Detector",
    "PlacementWatch",
    "Zones",
    "parse_geometry",
    "raw_channels",
]
