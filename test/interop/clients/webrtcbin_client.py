"""A WHEP viewer and a WHIP publisher on GStreamer's webrtcbin, modelled on whepsrc and whipclientsink, which Debian
12 does not have: all candidates in the offer (or trickled, on demand), max-bundle, exactly 201, DELETE at the end."""
import os
import sys
import threading

import gi

gi.require_version('Gst', '1.0')
gi.require_version('GstSdp', '1.0')
gi.require_version('GstWebRTC', '1.0')
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

from common import FrameCounter, Session, arguments, on_words, say  # noqa: E402
from decoding import counting_branch  # noqa: E402
from likeness import Likeness  # noqa: E402

OWN_TYPES = {'video': 96, 'audio': 111}  # payload types
ENCODERS = {
    'H264': 'x264enc tune=zerolatency speed-preset=ultrafast key-int-max=60 bitrate=800 ! '
            'video/x-h264,profile=constrained-baseline ! rtph264pay config-interval=-1 aggregate-mode=zero-latency',
    'H265': 'x265enc tune=zerolatency speed-preset=ultrafast key-int-max=60 bitrate=800 ! h265parse ! '
            'rtph265pay config-interval=-1 aggregate-mode=zero-latency',
    'VP8': 'vp8enc deadline=1 cpu-used=8 keyframe-max-dist=60 target-bitrate=800000 ! rtpvp8pay picture-id-mode=15-bit',
    'VP9': 'vp9enc deadline=1 cpu-used=8 keyframe-max-dist=60 target-bitrate=800000 ! rtpvp9pay picture-id-mode=15-bit',
}

def rtp_caps(codec):
    return 'application/x-rtp,media=video,encoding-name=%s,payload=%d,clock-rate=90000,' \
        'rtcp-fb-nack=true,rtcp-fb-nack-pli=true,rtcp-fb-ccm-fir=true' % (codec, OWN_TYPES['video'])


AUDIO_CAPS = 'application/x-rtp,media=audio,encoding-name=OPUS,payload=%d,clock-rate=48000,' \
    'encoding-params=(string)2' % OWN_TYPES['audio']


class Client:
    def __init__(self, options):
        self.options = options
        self.session = Session(options.url, options.token)
        self.counter = FrameCounter()
        self.loop = GLib.MainLoop()
        self.candidates = []
        self.lock = threading.Lock()
        self.publishes = options.what == 'publish' or options.publish
        self.offered = self.trickled = False
        self.like = Likeness(options.like) if options.like else None

    def run(self):
        self.pipeline = self.publisher() if self.publishes else self.viewer()
        self.peer = self.pipeline.get_by_name('peer')
        self.peer.connect('notify::ice-gathering-state', self.on_gathering)
        self.peer.connect('on-ice-candidate', self.on_candidate)
        if self.publishes:
            self.peer.connect('on-negotiation-needed', self.make_offer)
        self.pipeline.set_state(Gst.State.PLAYING)
        if not self.publishes:
            self.make_offer(self.peer)
        GLib.timeout_add(100, self.report)
        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect('message::error', lambda _, message: self.fail(message.parse_error().gerror.message))
        on_words(lambda: GLib.idle_add(self.leave), lambda: os._exit(0))
        self.loop.run()
        self.pipeline.set_state(Gst.State.NULL)

    def publisher(self):
        like = self.like
        kinds = [section.kind for section in like.sections] if like else \
            ['video', 'audio'] if self.options.audio else ['video']
        types = {kind: like.payload_type(kind) if like else OWN_TYPES[kind] for kind in kinds}
        sources = {
            'video': 'videotestsrc is-live=true pattern=ball ! '
                     'video/x-raw,format=I420,width=320,height=240,framerate=30/1 ! timeoverlay ! '
                     + ENCODERS[self.options.codec],
            'audio': 'audiotestsrc is-live=true ! audio/x-raw,rate=48000,channels=2 ! opusenc frame-size=20 ! rtpopuspay',
        }
        # The sections of the offer are in this order.
        line = 'webrtcbin name=peer bundle-policy=max-bundle ' + ' '.join(
            '%s pt=%d%s ! peer.' % (sources[kind], types[kind], like.ssrc(kind) if like else '') for kind in kinds)
        pipeline = Gst.parse_launch(line)
        peer = pipeline.get_by_name('peer')
        for index in range(len(kinds)):
            # It would offer to receive as well.
            peer.emit('get-transceiver', index).set_property(
                'direction', GstWebRTC.WebRTCRTPTransceiverDirection.SENDONLY)
        return pipeline

    def viewer(self):
        pipeline, peer = Gst.Pipeline(), Gst.ElementFactory.make('webrtcbin', 'peer')
        peer.set_property('bundle-policy', GstWebRTC.WebRTCBundlePolicy.MAX_BUNDLE)
        peer.set_property('latency', 100)
        pipeline.add(peer)
        peer.connect('pad-added', self.on_stream)
        direction = GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY
        peer.emit('add-transceiver', direction, Gst.Caps.from_string(rtp_caps(self.options.codec)))
        if self.options.audio:
            peer.emit('add-transceiver', direction, Gst.Caps.from_string(AUDIO_CAPS))
        return pipeline

    def make_offer(self, peer):
        def made(promise):
            reply = promise.get_reply()  # owns the offer
            offer = reply.get_value('offer')
            peer.emit('set-local-description', offer, Gst.Promise.new())
            if self.options.trickle:
                GLib.idle_add(self.post, offer.sdp.as_text())

        peer.emit('create-offer', None, Gst.Promise.new_with_change_func(made))

    def on_candidate(self, _peer, line, candidate):
        with self.lock:
            self.candidates.append((line, candidate))

    def on_gathering(self, peer, _):
        if peer.get_property('ice-gathering-state') == GstWebRTC.WebRTCICEGatheringState.COMPLETE:
            GLib.idle_add(self.gathered)

    def gathered(self):
        if not self.options.trickle:
            sdp = self.peer.get_property('local-description').sdp.as_text()
            self.post(sdp)
        elif self.session.url:
            self.trickle()

    def post(self, sdp):
        if self.offered:
            return
        self.offered = True
        if self.options.what == 'offer':
            say('offer', sdp=sdp)
            self.loop.quit()
            return
        try:
            text = self.like.answer(self.session.offer(self.like.offer(sdp)), sdp) if self.like else \
                self.session.offer(sdp)
        except Exception as error:  # any error is reported to the test
            self.fail(str(error))
            return
        _, answer = GstSdp.SDPMessage.new_from_text(text)
        description = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, answer)
        self.peer.emit('set-remote-description', description, Gst.Promise.new())
        gathered = self.peer.get_property('ice-gathering-state') == GstWebRTC.WebRTCICEGatheringState.COMPLETE
        if self.options.trickle and gathered:
            self.trickle()

    def trickle(self):
        """Sends the candidates of the section that carries the BUNDLE group (RFC 9725 4.3.1)."""
        if self.trickled:
            return
        self.trickled = True
        sdp = self.peer.get_property('local-description').sdp.as_text()
        value = {key: next(line for line in sdp.split('\r\n') if line.startswith(key)) for key in
                 ['a=ice-ufrag:', 'a=ice-pwd:', 'm=', 'a=mid:', 'a=group:BUNDLE']}
        with self.lock:
            lines = ['a=' + candidate for line, candidate in self.candidates if line == 0 and candidate]
        try:
            self.session.trickle('\r\n'.join([
                value['a=group:BUNDLE'], value['a=ice-ufrag:'], value['a=ice-pwd:'], value['m='], value['a=mid:'],
                *lines, 'a=end-of-candidates', '']))
        except Exception as error:
            self.fail(str(error))

    def on_stream(self, _peer, pad):
        caps = pad.get_current_caps() or pad.query_caps(None)
        kind = caps.get_structure(0).get_string('media')
        branch = counting_branch(self.options.codec, self.counter) if kind == 'video' else \
            Gst.parse_bin_from_description('fakesink sync=false', True)
        self.pipeline.add(branch)
        branch.sync_state_with_parent()
        pad.link(branch.get_static_pad('sink'))

    def report(self):
        self.counter.report()
        return True

    def leave(self):
        self.pipeline.set_state(Gst.State.NULL)
        if self.session.url:
            self.session.leave()
        self.loop.quit()

    def fail(self, why):
        say('failed', why=why)
        sys.stdout.flush()
        os._exit(1)


Gst.init(None)
Client(arguments(__doc__)).run()
