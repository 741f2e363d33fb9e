"""The second answer on a line comes as quickly as the first: nothing waits for the browser's acknowledgement."""

from __future__ import annotations

import socket
import threading
from http.client import HTTPConnection

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from counterpoint.fleet.web_server import WebServer, listen


def test_a_taken_line_sends_at_once() -> None:
    app = Starlette(routes=[Route("/", lambda _: PlainTextResponse("x" * 9000))])
    with listen("127.0.0.1:0") as listener:
        assert listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        server = WebServer(app)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        host, port = listener.getsockname()
        connection = HTTPConnection(host, port, timeout=10)
        for _ in range(3):
            connection.request("GET", "/")
            assert len(connection.getresponse().read()) == 9000
        connection.close()
        server.should_exit = True
        thread.join()
