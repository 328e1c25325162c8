"""What the client programs of the tests have in common: HTTP, and how they talk to the test that started them.

Out, a line of JSON each: {"event": "offer" | "answered" | "seen" | "left" | "failed", ...}.
In, on stdin: "leave" ends the session as a good client does; the end of stdin ends the program without a DELETE.
"""
import argparse
import json
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request

# Frames are compared at this size, in grey: enough to detect motion, and little work for Python.
WIDTH, HEIGHT = 32, 24
HTTP_TIMEOUT = 10  # seconds


def arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument('what', choices=['watch', 'publish', 'offer'], help='offer: print it and exit')
    parser.add_argument('url', nargs='?', help='of the WHEP or WHIP endpoint')
    parser.add_argument('--token', default='')
    parser.add_argument('--codec', default='H264', help='the only video codec that is offered, or "any"')
    parser.add_argument('--publish', action='store_true', help='with "offer": the one of a publisher')
    parser.add_argument('--audio', action='store_true', help='offer Opus too')
    parser.add_argument('--trickle', action='store_true', help='send the candidates after the offer, with PATCH')
    parser.add_argument('--like', metavar='FILE', help='an offer that another client sent, to be sent unchanged')
    return parser.parse_args()


def say(event, **fields):
    sys.stdout.write(json.dumps({'event': event, **fields}) + '\n')
    sys.stdout.flush()


class Session:
    """The HTTP side of a WHIP or WHEP session."""

    def __init__(self, url, token):
        self.endpoint = url
        self.token = token
        self.url = None
        self.etag = None

    def request(self, method, url, body=None, headers=None):
        request = urllib.request.Request(url, data=body, method=method, headers=headers or {})
        if self.token:
            request.add_header('Authorization', 'Bearer ' + self.token)
        try:
            with urllib.request.urlopen(request, timeout=HTTP_TIMEOUT) as response:
                return response.status, response.headers, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read().decode()

    def offer(self, sdp):
        """Posts the offer; the answer. Raises RuntimeError unless it is exactly 201."""
        say('offer', sdp=sdp)
        status, headers, body = self.request(
            'POST', self.endpoint, sdp.encode(), {'Content-Type': 'application/sdp'})
        if status != 201:
            raise RuntimeError('%d %s' % (status, body))
        self.url = urllib.parse.urljoin(self.endpoint, headers['Location'])
        self.etag = headers['ETag']
        say('answered', status=status, sdp=body)
        return body

    def trickle(self, fragment):
        headers = {'Content-Type': 'application/trickle-ice-sdpfrag'}
        if self.etag:
            headers['If-Match'] = self.etag
        status, _, body = self.request('PATCH', self.url, fragment.encode(), headers)
        if status != 204:
            raise RuntimeError('PATCH: %d %s' % (status, body))

    def leave(self):
        # simple-whip-client and simple-whep-client send it here too.
        headers = {'If-Match': self.etag} if self.etag else {}
        status, _, _ = self.request('DELETE', self.url, headers=headers)
        say('left', status=status)


class FrameCounter:
    """Counts what a person would see: frames, how many differ from the one before, and their contrast."""

    def __init__(self):
        self.seen = {'frames': 0, 'changes': 0, 'contrast': 0, 'width': 0, 'height': 0}
        self.last = None

    def add(self, grey, width, height):
        """grey: WIDTH x HEIGHT bytes. Width and height are those of the frame before scaling."""
        seen = self.seen
        seen['frames'] += 1
        seen['changes'] += self.last is not None and grey != self.last
        seen['contrast'] = max(grey) - min(grey)
        seen['width'], seen['height'] = width, height
        self.last = grey

    def report(self):
        say('seen', **self.seen)


def on_words(leave, vanish, **others):
    """Calls one of them, on its own thread, when stdin says so; others by their names, as often as they come."""

    def listen():
        for line in sys.stdin:
            word = line.strip()
            if word == 'leave':
                leave()
                return
            others[word]()
        vanish()

    threading.Thread(target=listen, daemon=True).start()
