"""Blocks of samples come in, beliefs about who speaks go out.

`geometry` says where the microphones are, `zones` turns a block into what the two sides and the rest of the
room sound like, `detector` turns that into probabilities, `channels` notices microphones that are dead.
"""

from counterpoint.hearing.channels import ChannelWatch
from counterpoint.hearing.detector import Detector
from counterpoint.hearing.geometry import BUILT_IN, ArrayGeometry, parse_geometry, raw_channels
from counterpoint.hearing.zones import Zones

__all__ = ["BUILT_IN", "ArrayGeometry", "ChannelWatch", "Detector", "Zones", "parse_geometry", "raw_channels"]
