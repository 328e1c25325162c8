"""A receiver of the legacy system on webrtcbin, written from its protocol alone: it shares no code with any sender.
Like the originals it accepts status, sdp and ice and dies of anything else, and of an offer in the other dialect.

It reports {"event": "seen", "camera": ...} for each section of the offer, and "offer" and "answered". On stdin: "hello"
sends HELLO again, "leave" closes the socket: there is no goodbye."""
import argparse
import asyncio
import json
import os

import gi

gi.require_version('Gst', '1.0')
gi.require_version('GstSdp', '1.0')
gi.require_version('GstWebRTC', '1.0')
from gi.repository import Gst, GstSdp, GstWebRTC  # noqa: E402
import websockets  # noqa: E402

from common import FrameCounter, on_words, say  # noqa: E402
from decoding import counting_branch  # noqa: E402

# Loaded before threads use it: two at once race for what PyGObject creates on first use.
SRC = Gst.PadDirection.SRC


class Receiver:
    def __init__(self, options, socket):
        self.options = options
        self.socket = socket
        self.loop = asyncio.get_running_loop()
        self.pipeline = None
        self.cameras = {}

    async def run(self):
        await self.send({'status': 'HELLO'})
        async for text in self.socket:
            await self.take(json.loads(text))

    async def take(self, message):
        if 'status' in message:
            if message['status'] == 'OK':
                await self.open()
        elif 'ice' in message:
            self.peer.emit('add-ice-candidate', message['ice']['sdpMLineIndex'], message['ice']['candidate'])
        else:
            offer = message['sdp'] if self.options.form == 'nested' else message
            if offer['type'] != 'offer':
                raise ValueError('an %s, of a receiver' % offer['type'])
            if not self.pipeline:
                await self.open()  # a sender that sends no OK
            await self.answer(offer['sdp'])

    async def open(self):
        await self.close()
        self.cameras = {}
        self.pipeline, self.peer = Gst.Pipeline(), Gst.ElementFactory.make('webrtcbin')
        self.peer.set_property('bundle-policy', GstWebRTC.WebRTCBundlePolicy.MAX_BUNDLE)
        self.peer.set_property('latency', 50)
        self.pipeline.add(self.peer)
        self.peer.connect('pad-added', self.on_stream)
        self.peer.connect('on-ice-candidate', lambda _, index, candidate: self.send_soon(
            {'ice': {'candidate': candidate, 'sdpMLineIndex': index}}))
        self.pipeline.set_state(Gst.State.PLAYING)

    async def close(self):
        if self.pipeline:
            # It waits for threads that may still be sending.
            await self.loop.run_in_executor(None, self.pipeline.set_state, Gst.State.NULL)

    async def answer(self, text):
        say('offer', sdp=text)
        _, sdp = GstSdp.SDPMessage.new_from_text(text)
        await self.done('set-remote-description', GstWebRTC.WebRTCSessionDescription.new(
            GstWebRTC.WebRTCSDPType.OFFER, sdp))
        reply = await self.done('create-answer', None)  # owns the answer
        answer = reply.get_value('answer')
        description = {'type': 'answer', 'sdp': answer.sdp.as_text()}
        say('answered', sdp=description['sdp'])
        # First the answer, then the candidates that follow from it.
        await self.send({'sdp': description} if self.options.form == 'nested' else description)
        await self.done('set-local-description', answer)

    async def done(self, signal, value):
        promise = Gst.Promise.new()
        self.peer.emit(signal, value, promise)
        await self.loop.run_in_executor(None, promise.wait)
        return promise.get_reply()

    def on_stream(self, _peer, pad):
        if pad.get_direction() != SRC:
            return
        counter = self.cameras[pad.get_property('transceiver').get_property('mlineindex')] = FrameCounter()
        branch = counting_branch('H264', counter)
        self.pipeline.add(branch)
        branch.sync_state_with_parent()
        pad.link(branch.get_static_pad('sink'))

    async def report(self):
        while True:
            for camera, counter in sorted(self.cameras.items()):
                say('seen', camera=camera, **counter.seen)
            await asyncio.sleep(0.1)

    def send_soon(self, message):
        asyncio.run_coroutine_threadsafe(self.send(message), self.loop)

    async def send(self, message):
        await self.socket.send(json.dumps(message))


async def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('url', help='ws://HOST:PORT/')
    parser.add_argument('--form', choices=['nested', 'flat'], default='nested')
    options = parser.parse_args()
    loop = asyncio.get_running_loop()
    async with websockets.connect(options.url) as socket:
        receiver = Receiver(options, socket)
        reporting = asyncio.ensure_future(receiver.report())
        on_words(
            lambda: asyncio.run_coroutine_threadsafe(socket.close(), loop), lambda: os._exit(0),
            hello=lambda: receiver.send_soon({'status': 'HELLO'}))
        await receiver.run()
        reporting.cancel()
        await receiver.close()


Gst.init(None)
try:
    asyncio.run(main())
except Exception as error:  # any error is reported to the test
    say('failed', why='%s: %s' % (type(error).__name__, error))
    os._exit(1)
