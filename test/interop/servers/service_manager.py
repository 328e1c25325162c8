"""The socket on which systemd listens to its services: prints each datagram. Its argument is the path."""
import socket
import sys

from reporting import end_with_stdin, say

end_with_stdin()
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
    listener.bind(sys.argv[1])
    say('listening')
    while True:
        # Attached descriptors (BARRIER=1) are closed unread: the sender waits for that.
        say('notified', text=listener.recv(65536).decode())
