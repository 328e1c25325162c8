"""GStreamer's decoders, and the end of a pipeline that counts their frames."""
from gi.repository import Gst

from common import HEIGHT, WIDTH

# Loaded before several threads use it at once, as in legacy_receiver.py.
OK = Gst.FlowReturn.OK

DECODERS = {
    'H264': 'rtph264depay ! avdec_h264',
    'H265': 'rtph265depay ! avdec_h265',
    'VP8': 'rtpvp8depay ! vp8dec',
    'VP9': 'rtpvp9depay ! vp9dec',
}


def counting_branch(codec, counter):
    """A bin that takes RTP and counts its frames."""
    branch = Gst.parse_bin_from_description(
        '%s ! identity name=whole ! videoconvert ! videoscale ! video/x-raw,format=GRAY8,width=%d,height=%d ! '
        'appsink name=out emit-signals=true sync=false' % (DECODERS[codec], WIDTH, HEIGHT), True)
    whole = branch.get_by_name('whole')

    def count(sink):
        buffer = sink.emit('pull-sample').get_buffer()
        size = whole.get_static_pad('sink').get_current_caps().get_structure(0)
        counter.add(
            buffer.extract_dup(0, WIDTH * HEIGHT), size.get_int('width').value, size.get_int('height').value)
        return OK

    branch.get_by_name('out').connect('new-sample', count)
    return branch
