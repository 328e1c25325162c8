"""The HTTP side of a WHEP server for any WebRTC stack (draft-ietf-wish-whep), and its ways to misbehave."""
import argparse
import os
import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from reporting import end_with_stdin, say

ENDPOINT = '/whep'
CORS = {
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Allow-Headers': 'Authorization, Content-Type, If-Match',
    'Access-Control-Allow-Methods': 'POST, PATCH, DELETE, OPTIONS',
    'Access-Control-Expose-Headers': 'Location, ETag, Link',
}


class Refused(Exception):
    """A rejected offer; the HTTP status and the reason."""

    def __init__(self, status, why):
        super().__init__(why)
        self.status = status


def arguments(description, refusals):
    """refusals: the stack's ways to say that there is no common codec, the usual one first."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument('--port', type=int, default=0, help='0: any')
    parser.add_argument('--token', default='', help='required in the POST')
    parser.add_argument('--no-h264', action='store_true', help='it has only VP8')
    parser.add_argument('--refusal', choices=refusals, default=refusals[0], help='its answer without a common codec')
    parser.add_argument('--relative-location', action='store_true', help='a Location relative to the URL of the POST')
    parser.add_argument('--die-after', type=float, metavar='SECONDS', help='of the first session: the process exits')
    return parser.parse_args()


def serve(options, begin):
    """Serves until the process ends.

    begin(offer, gone) has the answer to an offer, or raises Refused. What it returns has answer, the SDP; close(); and
    trickle(fragment), if the stack accepts candidates later. It calls gone() when the peer has left by itself.
    """
    sessions = {}
    die = once(lambda: threading.Timer(options.die_after, os._exit, [1]).start())
    lock = threading.Lock()

    def end(name, why):
        with lock:
            session = sessions.pop(name, None)
        if session:
            say('ended', session=name, why=why)
            session.close()
        return session is not None

    def start(offer):
        name = secrets.token_urlsafe(16)
        # On its own thread: a stack calls gone() on one that close() may wait for.
        gone = threading.Thread(target=end, args=(name, 'gone'), daemon=True).start
        session = begin(offer, once(gone))
        with lock:
            sessions[name] = session
        say('begun', session=name, offer=offer, answer=session.answer)
        if options.die_after is not None:
            die()
        return name, session.answer

    class Handler(BaseHTTPRequestHandler):
        protocol_version = 'HTTP/1.1'

        def reply(self, status, body='', headers=()):
            data = body.encode()
            say('request', method=self.command, path=self.path, status=status)
            self.send_response(status)
            for name, value in {**CORS, **dict(headers)}.items():
                self.send_header(name, value)
            self.send_header('Content-Length', str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def body(self):
            return self.rfile.read(int(self.headers.get('Content-Length', 0))).decode()

        def session(self):
            """The name and the session of the URL; answers 404 if there is none."""
            name = self.path[len(ENDPOINT) + 1:] if self.path.startswith(ENDPOINT + '/') else ''
            with lock:
                session = sessions.get(name)
            if not session:
                self.reply(404)
            return name, session

        def do_OPTIONS(self):
            self.reply(204, headers={'Accept-Post': 'application/sdp'})

        def do_POST(self):
            offer = self.body()
            if self.path.partition('?')[0] != ENDPOINT:
                return self.reply(404)
            if options.token and self.headers.get('Authorization') != 'Bearer ' + options.token:
                return self.reply(401, headers={'WWW-Authenticate': 'Bearer'})
            if self.headers.get_content_type() != 'application/sdp':
                return self.reply(415)
            try:
                name, answer = start(offer)
            except Refused as refused:
                return self.reply(refused.status, '%s\n' % refused, {'Content-Type': 'text/plain'})
            # Relative to /whep both are the same.
            location = ENDPOINT.lstrip('/') + '/' + name if options.relative_location else \
                'http://%s:%d%s/%s' % (*self.server.server_address, ENDPOINT, name)
            self.reply(201, answer, {'Content-Type': 'application/sdp', 'Location': location})

        def do_PATCH(self):
            fragment = self.body()
            _, session = self.session()
            if session and hasattr(session, 'trickle'):
                session.trickle(fragment)
                self.reply(204)
            elif session:
                self.reply(405)

        def do_DELETE(self):
            name, session = self.session()
            if session:
                end(name, 'delete')
                self.reply(200)

        def log_message(self, *_):
            pass  # reported as an event

    server = ThreadingHTTPServer(('127.0.0.1', options.port), Handler)
    server.daemon_threads = True
    end_with_stdin()
    say('listening', url='http://127.0.0.1:%d%s' % (server.server_address[1], ENDPOINT))
    server.serve_forever()


def once(call):
    done = threading.Event()

    def called():
        if not done.is_set():
            done.set()
            call()

    return called
