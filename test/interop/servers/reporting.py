"""How a program of this folder talks to the test that started it: events on stdout, a line of JSON each. It ends with
its stdin, so that a test that is killed leaves none behind."""
import json
import os
import stat
import sys
import threading

lock = threading.Lock()


def say(event, **fields):
    line = json.dumps({'event': event, **fields}) + '\n'
    with lock:
        sys.stdout.write(line)
        sys.stdout.flush()


def fail(why):
    say('failed', why=why)
    os._exit(1)


def end_with_stdin():
    """Ignores a terminal and /dev/null, as when a person starts it."""
    if not stat.S_ISCHR(os.fstat(0).st_mode):
        threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
