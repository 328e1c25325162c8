"""A sender of the legacy system on webrtcbin, written from its protocol alone: it shares no code with any receiver, so
that an error in one is not masked by the other. Like the originals it accepts status, sdp and ice and dies of
anything else, and of a description in the other dialect. Its sections are sendrecv, webrtcbin's default."""
import argparse
import asyncio
import json

import gi

gi.require_version('Gst', '1.0')
gi.require_version('GstSdp', '1.0')
gi.require_version('GstWebRTC', '1.0')
from gi.repository import Gst, GstSdp, GstWebRTC  # noqa: E402
import websockets  # noqa: E402

from reporting import end_with_stdin, fail, say  # noqa: E402

# The cameras' patterns; repeated if there are more cameras.
PATTERNS = ['pattern=ball', 'pattern=smpte horizontal-speed=8', 'pattern=checkers-8 horizontal-speed=3']
CAMERA = 'videotestsrc is-live=true %s ! video/x-raw,format=I420,width=640,height=480,framerate=30/1 ! timeoverlay ! ' \
    'x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 bitrate=1000 ! ' \
    'video/x-h264,profile=constrained-baseline ! rtph264pay config-interval=-1 pt=96 ! ' \
    'application/x-rtp,media=video,encoding-name=H264,payload=96 ! peer. '


class Sender:
    def __init__(self, options, socket):
        self.options = options
        self.socket = socket
        self.loop = asyncio.get_running_loop()
        self.pipeline = None

    async def run(self):
        if self.options.x86:
            await self.send({'status': 'HELLO'})
            await self.open()
        async for text in self.socket:
            await self.take(json.loads(text))

    async def take(self, message):
        if 'status' in message:
            if message['status'] == 'HELLO':
                say('hello')
                await self.send({'status': 'OK'})
                await self.open()
        elif 'ice' in message:
            self.peer.emit('add-ice-candidate', message['ice']['sdpMLineIndex'], message['ice']['candidate'])
        else:
            answer = message['sdp'] if self.options.form == 'nested' else message
            if answer['type'] != 'answer':
                raise ValueError('a %s, of a sender' % answer['type'])
            _, sdp = GstSdp.SDPMessage.new_from_text(answer['sdp'])
            say('answered', sdp=answer['sdp'])
            self.peer.emit('set-remote-description', GstWebRTC.WebRTCSessionDescription.new(
                GstWebRTC.WebRTCSDPType.ANSWER, sdp), Gst.Promise.new())

    async def open(self):
        """Starts from scratch, whatever the state."""
        await self.close()
        line = 'webrtcbin name=peer bundle-policy=max-bundle ' + ''.join(
            CAMERA % PATTERNS[at % len(PATTERNS)] for at in range(self.options.cameras))
        self.pipeline = Gst.parse_launch(line)
        self.peer = self.pipeline.get_by_name('peer')
        self.peer.connect('on-negotiation-needed', self.offer)
        self.peer.connect('on-ice-candidate', lambda peer, index, candidate: self.send_soon(
            peer, {'ice': {'candidate': candidate, 'sdpMLineIndex': index}}))
        self.pipeline.set_state(Gst.State.PLAYING)

    async def close(self):
        if self.pipeline:
            # It waits for threads that may still be sending.
            await self.loop.run_in_executor(None, self.pipeline.set_state, Gst.State.NULL)

    def offer(self, peer):
        def made(promise):
            reply = promise.get_reply()  # owns the offer
            offer = reply.get_value('offer')
            sdp = offer.sdp.as_text()
            # First the offer, then the candidates that follow from it.
            say('offered', sdp=sdp)
            description = {'type': 'offer', 'sdp': sdp}
            self.send_soon(peer, {'sdp': description} if self.options.form == 'nested' else description)
            peer.emit('set-local-description', offer, Gst.Promise.new())

        peer.emit('create-offer', None, Gst.Promise.new_with_change_func(made))

    def send_soon(self, peer, message):
        async def send():
            # One that was replaced meanwhile is ignored.
            if peer == self.peer:
                await self.send(message)

        asyncio.run_coroutine_threadsafe(send(), self.loop)

    async def send(self, message):
        await self.socket.send(json.dumps(message))


async def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('url', help='ws://HOST:PORT/')
    parser.add_argument('--cameras', type=int, default=1)
    parser.add_argument('--x86', action='store_true', help='sends HELLO itself and offers; flat by default')
    parser.add_argument('--form', choices=['nested', 'flat'])
    options = parser.parse_args()
    options.form = options.form or ('flat' if options.x86 else 'nested')
    end_with_stdin()
    async with websockets.connect(options.url) as socket:
        sender = Sender(options, socket)
        say('ready')
        try:
            await sender.run()
        except websockets.ConnectionClosedError:
            pass  # the same as a close, there is no goodbye
        await sender.close()
        say('closed')


Gst.init(None)
try:
    asyncio.run(main())
except Exception as error:  # any error is reported to the test
    fail('%s: %s' % (type(error).__name__, error))
