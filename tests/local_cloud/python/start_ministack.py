"""Runs MiniStack for the local cloud, and ends with it.

MiniStack's own settings (AUTH, MINISTACK_REGION, AWS_ENDPOINT_URL, ...) come from the environment. Besides:

* LOCAL_CLOUD_TOKEN is the password of the internal calls; it is taken out of the environment,
  which Lambda functions inherit.
* standard output gets one line, the number of the loopback port that MiniStack listens on.
* standard input is a pipe that nobody writes to. Its end means that the local cloud has stopped or died: this process
  and the functions it started then end as well.
"""

import asyncio
import os
import signal
import socket
import sys
import threading
import time

# How long functions and open requests get to end by themselves.
GRACE_SECONDS = 2.0


def end_with_parent() -> None:
    """Ends this process group when the pipe on standard input ends."""
    while sys.stdin.buffer.read(1024):
        pass
    os.killpg(0, signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os.killpg(0, signal.SIGKILL)


def main() -> None:
    token = os.environ.pop("LOCAL_CLOUD_TOKEN")
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    port = listener.getsockname()[1]

    # MiniStack reads its settings when it is imported.
    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from ministack.app import app as ministack

    import internal_calls
    import leniencies

    leniencies.close_all()

    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = GRACE_SECONDS
    config.loglevel = "WARNING"

    print(port, flush=True)
    asyncio.run(serve(internal_calls.wrap(ministack, token), config))


if __name__ == "__main__":
    threading.Thread(target=end_with_parent, daemon=True).start()
    main()
