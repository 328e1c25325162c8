"""A WHEP server on aiortc: another stack of ICE, DTLS and SDP, with a moving test pattern, 400x304."""
import asyncio
import threading

import numpy
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription, VideoStreamTrack
from aiortc.exceptions import InvalidAccessError, InvalidStateError, OperationError
from av import VideoFrame

from whep_http import Refused, arguments, serve

WIDTH, HEIGHT = 400, 304
ANSWER_S = 5


class Stripes(VideoStreamTrack):
    """Slanting stripes that move, 30 frames a second."""

    slant = numpy.add.outer(numpy.arange(HEIGHT), numpy.arange(WIDTH))
    count = 0

    async def recv(self):
        pts, time_base = await self.next_timestamp()
        self.count += 1
        grey = ((self.slant + 4 * self.count) % 160 + 48).astype(numpy.uint8)
        frame = VideoFrame.from_ndarray(numpy.repeat(grey[:, :, None], 3, axis=2), format='rgb24')
        frame.pts, frame.time_base = pts, time_base
        return frame


class Viewer:
    def __init__(self, loop, peer):
        self.loop = loop
        self.peer = peer
        self.answer = peer.localDescription.sdp

    def close(self):
        asyncio.run_coroutine_threadsafe(self.peer.close(), self.loop)


async def answer(offer, codec, gone):
    """The peer, with all of its candidates in its description; None if no codec is in common."""
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    peer.on('connectionstatechange', lambda: gone() if peer.connectionState in ('failed', 'closed') else None)
    peer.addTrack(Stripes())
    transceiver, = peer.getTransceivers()
    transceiver.direction = 'sendonly'
    transceiver.setCodecPreferences(
        [known for known in RTCRtpSender.getCapabilities('video').codecs
         if known.mimeType in ('video/' + codec, 'video/rtx')])
    try:
        await peer.setRemoteDescription(RTCSessionDescription(sdp=offer, type='offer'))
        await peer.setLocalDescription(await peer.createAnswer())
    except (InvalidAccessError, InvalidStateError, OperationError, ValueError):
        await peer.close()
        return None
    return peer


def main():
    options = arguments(__doc__, ['406', '422'])
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()

    def begin(offer, gone):
        codec = 'VP8' if options.no_h264 else 'H264'
        peer = asyncio.run_coroutine_threadsafe(answer(offer, codec, gone), loop).result(ANSWER_S)
        if not peer:
            raise Refused(int(options.refusal), 'no codec in common')
        return Viewer(loop, peer)

    serve(options, begin)


main()
