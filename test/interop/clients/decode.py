"""Decodes RTP packets from stdin, each after two bytes of length (RFC 4571), and reports what a person would have seen:
for clients without a decoder. The first argument is the codec, the second its payload type."""
import sys

import gi

gi.require_version('Gst', '1.0')
from gi.repository import GLib, Gst  # noqa: E402

from common import FrameCounter, say  # noqa: E402
from decoding import counting_branch  # noqa: E402

Gst.init(None)
codec, payload_type = sys.argv[1:3]
counter = FrameCounter()
pipeline = Gst.Pipeline()
source = Gst.parse_bin_from_description(
    'fdsrc ! application/x-rtp-stream,media=video,clock-rate=90000,encoding-name=%s,payload=%s ! rtpstreamdepay'
    % (codec, payload_type), True)
branch = counting_branch(codec, counter)
pipeline.add(source)
pipeline.add(branch)
source.link(branch)
loop = GLib.MainLoop()
bus = pipeline.get_bus()
bus.add_signal_watch()
bus.connect('message::eos', lambda *_: loop.quit())
bus.connect('message::error', lambda _, message: say('failed', why=message.parse_error().gerror.message))


def report():
    counter.report()
    return True


GLib.timeout_add(100, report)
pipeline.set_state(Gst.State.PLAYING)
loop.run()
