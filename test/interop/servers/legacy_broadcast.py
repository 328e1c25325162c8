"""The signaling server of the legacy system: it knows no roles, parses nothing, and forwards each text frame to every
other client."""
import argparse
import asyncio

import websockets

from reporting import end_with_stdin, say


async def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--port', type=int, default=0, help='0: any')
    options = parser.parse_args()
    clients = {}

    async def serve(socket):
        number = serve.count = serve.count + 1
        clients[number] = socket
        say('joined', client=number)
        try:
            async for text in socket:
                say('relayed', client=number, text=text)
                websockets.broadcast([other for at, other in clients.items() if at != number], text)
        except websockets.ConnectionClosedError:
            pass  # it left without a close frame
        finally:
            del clients[number]
            say('left', client=number)

    serve.count = 0
    async with websockets.serve(serve, '127.0.0.1', options.port) as server:
        end_with_stdin()
        say('listening', url='ws://127.0.0.1:%d/' % server.sockets[0].getsockname()[1])
        await asyncio.Future()


asyncio.run(main())
