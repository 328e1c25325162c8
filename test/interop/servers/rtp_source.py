"""A camera that sends H.264 in RTP over UDP to loopback, 560x320 at 30 fps, for media servers with such an input."""
import argparse

import gi

gi.require_version('Gst', '1.0')
from gi.repository import GLib, Gst  # noqa: E402

from reporting import end_with_stdin, fail, say  # noqa: E402

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument('port', type=int)
options = parser.parse_args()
Gst.init(None)
# A keyframe a second, as nothing requests one.
pipeline = Gst.parse_launch(
    'videotestsrc is-live=true pattern=ball ! video/x-raw,format=I420,width=560,height=320,framerate=30/1 ! '
    'timeoverlay ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 bitrate=800 ! '
    'video/x-h264,profile=constrained-baseline ! rtph264pay pt=96 config-interval=-1 mtu=1200 ! '
    'udpsink host=127.0.0.1 port=%d sync=false' % options.port)
bus = pipeline.get_bus()
bus.add_signal_watch()
bus.connect('message::error', lambda _, message: fail(message.parse_error().gerror.message))
pipeline.set_state(Gst.State.PLAYING)
end_with_stdin()
say('ready')
GLib.MainLoop().run()
