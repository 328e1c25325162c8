"""A WHEP server on GStreamer's webrtcbin: a moving test pattern, 480x270, encoded for each viewer. All
candidates are in the answer."""
import re
import threading

import gi

gi.require_version('Gst', '1.0')
gi.require_version('GstSdp', '1.0')
gi.require_version('GstWebRTC', '1.0')
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

from whep_http import Refused, arguments, serve  # noqa: E402

SOURCE = 'videotestsrc is-live=true pattern=ball ! video/x-raw,format=I420,width=480,height=270,framerate=30/1 ! ' \
    'timeoverlay ! '
ENCODERS = {
    'H264': 'x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 bitrate=800 ! '
            'video/x-h264,profile=constrained-baseline ! rtph264pay config-interval=-1 aggregate-mode=zero-latency',
    'VP8': 'vp8enc deadline=1 cpu-used=8 keyframe-max-dist=30 target-bitrate=800000 ! rtpvp8pay picture-id-mode=15-bit',
}
GATHERING_S = 5
NO_CODEC = {'406': 406, '422': 422}  # and "inactive": in the answer


class Chosen:
    """The format of an offer that is sent, with its payload type, which the payloader must use."""

    def __init__(self, number, format_):
        self.number = number
        self.format = format_

    def shown(self, offer):
        """The offer without profile and level: webrtcbin would also compare the level of H.264."""
        return re.sub(r'^(a=fmtp:%d .*?);?profile-level-id=[^;\r]*' % self.number, r'\1', offer, flags=re.M)

    def restored(self, answer):
        """The answer with the offered format."""
        bare = re.sub(r'^a=fmtp:%d .*\r\n' % self.number, '', answer, flags=re.M)
        mapping = r'^a=rtpmap:%d .*\r\n' % self.number
        line = 'a=fmtp:%d %s\r\n' % (self.number, self.format)
        return re.sub(mapping, lambda match: match.group(0) + line, bare, flags=re.M) if self.format else answer


def choose(offer, codec):
    """The encoder makes constrained baseline in packetization mode 1; an offer that names no profile accepts all."""
    for number in re.findall(r'^a=rtpmap:(\d+) %s/90000' % codec, offer, re.M | re.I):
        found = re.search(r'^a=fmtp:%s (.*?)\r?$' % number, offer, re.M)
        format_ = found.group(1) if found else ''
        if codec != 'H264' or not format_ or re.search('profile-level-id=42[c-f]0', format_, re.I) and \
                'packetization-mode=1' in format_:
            return Chosen(int(number), format_)
    return None


class Viewer:
    def __init__(self, offer, codec, chosen, gone):
        self.gone = gone
        self.gathered = threading.Event()
        self.pipeline = Gst.parse_launch(
            '%s%s pt=%d ! webrtcbin name=peer bundle-policy=max-bundle' % (SOURCE, ENCODERS[codec], chosen.number))
        self.peer = self.pipeline.get_by_name('peer')
        self.peer.emit('get-transceiver', 0).set_property(
            'direction', GstWebRTC.WebRTCRTPTransceiverDirection.SENDONLY)
        self.peer.connect('notify::ice-gathering-state', self.on_gathering)
        self.peer.connect('notify::connection-state', self.on_connection)
        self.pipeline.set_state(Gst.State.PLAYING)
        _, sdp = GstSdp.SDPMessage.new_from_text(chosen.shown(offer))
        self.set('remote', GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.OFFER, sdp))
        promise = Gst.Promise.new()
        self.peer.emit('create-answer', None, promise)
        promise.wait()
        reply = promise.get_reply()  # owns the answer
        if not reply or not reply.has_field('answer'):
            self.close()
            raise Refused(422, 'webrtcbin cannot answer this offer')
        self.set('local', reply.get_value('answer'))
        self.gathered.wait(GATHERING_S)
        self.answer = chosen.restored(self.peer.get_property('local-description').sdp.as_text())

    def set(self, which, description):
        promise = Gst.Promise.new()
        self.peer.emit('set-%s-description' % which, description, promise)
        promise.wait()

    def on_gathering(self, peer, _):
        if peer.get_property('ice-gathering-state') == GstWebRTC.WebRTCICEGatheringState.COMPLETE:
            self.gathered.set()

    def on_connection(self, peer, _):
        states = GstWebRTC.WebRTCPeerConnectionState
        if peer.get_property('connection-state') in (states.FAILED, states.CLOSED):
            self.gone()

    def trickle(self, fragment):
        for candidate in re.findall(r'^a=(candidate:.*?)\r?$', fragment, re.M):
            self.peer.emit('add-ice-candidate', 0, candidate)

    def close(self):
        self.pipeline.set_state(Gst.State.NULL)


def main():
    options = arguments(__doc__, ['406', '422', 'inactive'])
    Gst.init(None)
    codec = 'VP8' if options.no_h264 else 'H264'

    def begin(offer, gone):
        chosen = choose(offer, codec)
        if chosen is None and options.refusal in NO_CODEC:
            raise Refused(NO_CODEC[options.refusal], 'no codec in common')
        return Viewer(offer, codec, chosen or Chosen(96, ''), gone)

    threading.Thread(target=GLib.MainLoop().run, daemon=True).start()
    serve(options, begin)


main()
