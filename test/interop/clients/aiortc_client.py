"""A WHEP viewer and a WHIP publisher of aiortc. All candidates are in the offer: aiortc does not trickle."""
import asyncio
import os

import av
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription, VideoStreamTrack
from aiortc.mediastreams import AudioStreamTrack, MediaStreamError

from common import HEIGHT, WIDTH, FrameCounter, Session, arguments, on_words, say


class Bar(VideoStreamTrack):
    """A light bar that moves over a dark background."""

    width, height = 320, 240
    count = 0

    async def recv(self):
        pts, time_base = await self.next_timestamp()
        frame = av.VideoFrame(self.width, self.height, 'yuv420p')
        x = self.count * 4 % self.width
        self.count += 1
        luma, *chroma = frame.planes
        row = bytes(220 if x <= at < x + 40 else 40 for at in range(self.width)).ljust(luma.line_size, b'\0')
        luma.update(row * self.height)
        for plane in chroma:
            plane.update(bytes([128]) * plane.buffer_size)
        frame.pts, frame.time_base = pts, time_base
        return frame


async def count(track, counter):
    try:
        while True:
            frame = await track.recv()
            plane = frame.reformat(WIDTH, HEIGHT, 'gray').planes[0]
            data = bytes(plane)
            grey = b''.join(data[y * plane.line_size:y * plane.line_size + WIDTH] for y in range(HEIGHT))
            counter.add(grey, frame.width, frame.height)
    except MediaStreamError:
        pass  # the end of the stream


async def consume(track):
    try:
        while True:
            await track.recv()
    except MediaStreamError:
        pass


def prepare(peer, options, counter):
    if options.what == 'publish' or options.publish:
        video = peer.addTransceiver(Bar(), direction='sendonly')
        if options.audio:
            peer.addTransceiver(AudioStreamTrack(), direction='sendonly')
    else:
        video = peer.addTransceiver('video', direction='recvonly')
        if options.audio:
            peer.addTransceiver('audio', direction='recvonly')
        peer.on('track', lambda track: asyncio.ensure_future(
            count(track, counter) if track.kind == 'video' else consume(track)))
    if options.codec != 'any':
        wanted = ['video/' + options.codec, 'video/rtx']
        video.setCodecPreferences(
            [codec for codec in RTCRtpSender.getCapabilities('video').codecs if codec.mimeType in wanted])


async def main():
    options = arguments(__doc__)
    loop = asyncio.get_running_loop()
    session, counter = Session(options.url, options.token), FrameCounter()
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    prepare(peer, options, counter)
    await peer.setLocalDescription(await peer.createOffer())
    if options.what == 'offer':
        say('offer', sdp=peer.localDescription.sdp)
        await peer.close()
        return
    answer = await loop.run_in_executor(None, session.offer, peer.localDescription.sdp)
    await peer.setRemoteDescription(RTCSessionDescription(sdp=answer, type='answer'))
    leave = asyncio.Event()
    on_words(lambda: loop.call_soon_threadsafe(leave.set), lambda: os._exit(0))
    while not leave.is_set():
        counter.report()
        try:
            await asyncio.wait_for(leave.wait(), 0.1)
        except asyncio.TimeoutError:
            pass
    await loop.run_in_executor(None, session.leave)
    await peer.close()


try:
    asyncio.run(main())
except Exception as error:  # any error is reported to the test
    say('failed', why='%s: %s' % (type(error).__name__, error))
    os._exit(1)
