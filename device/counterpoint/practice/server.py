"""The server of the practice page: on this machine only, until Ctrl-C.

One rule: it reads the package's own files and the roles, writes nothing, logs nothing, and asks nobody for anything.
"""

from __future__ import annotations

import errno
import socket
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles

from counterpoint.errors import UsageError
from counterpoint.practice.documents import COURSE, PAGE, TRAINER, document
from counterpoint.practice.doors import HOST, Doors
from counterpoint.practice.protocol import TEXT_LIMIT, TWO_PEOPLE, Offer, RoleOffered, write_message
from counterpoint.practice.skills import SKILLS
from counterpoint.practice.talk import Seat, Talk

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.websockets import WebSocket

    from counterpoint.practice.talk import Place

BUSY_S: Final = 120.0  # to a pong: while a speech model is loaded nothing is read, and a busy computer needs a minute
MEDIA: Final = {".ogg": "audio/ogg", ".wav": "audio/wav"}
AT_COUNTER: Final = RoleOffered(
    TWO_PEOPLE,
    "Two people at the counter",
    "One of you is the customer: stand where customers stand, and choose a story. The other one listens.",
)


def serve(place: Place, port: int, opened: Callable[[str], None]) -> None:
    """Serve the page until Ctrl-C; `opened` is called with its address once it can be reached.

    Raises:
        UsageError: The port can't be used.
        PartMissing: The page's own files are not there.
    """
    with _listening(port) as listener:
        doors = Doors(build_app(place), listener.getsockname()[1])
        server = _Server(_config(doors))
        server.opened = lambda: opened(doors.address)
        server.run([listener])


class _Server(uvicorn.Server):
    """Uvicorn, and a word when it can be reached."""

    opened: Callable[[], None]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, and say so."""
        await super().startup(sockets)
        self.opened()


def build_app(place: Place) -> Starlette:
    """The pages, the roles' audio and the WebSocket, without its doors."""
    documents = {path: document(title) for path, title in (("/course", COURSE), ("/trainer", TRAINER))}
    offer = write_message(_offer(place))
    seat = Seat()

    async def page(_: Request) -> Response:
        return FileResponse(PAGE / "index.html", media_type="text/html")

    async def roles(_: Request) -> Response:
        return Response(offer, media_type="application/json")

    async def written(request: Request) -> Response:
        return HTMLResponse(documents[request.url.path])

    async def audio(request: Request) -> Response:
        return _audio(place, request.path_params["role"], request.path_params["file"])

    async def talk(socket: WebSocket) -> None:
        await Talk(socket, place, seat).run()

    return Starlette(
        routes=[
            Route("/", page),
            Route("/roles", roles),
            Route("/course", written),
            Route("/trainer", written),
            Route("/audio/{role}/{file}", audio),
            Mount("/static", StaticFiles(directory=PAGE)),
            WebSocketRoute("/talk", talk),
        ]
    )


def _offer(place: Place) -> Offer:
    at_counter = place.open_microphones is not None
    roles = [RoleOffered(name, folder.role.title, folder.role.situation) for name, folder in place.roles.items()]
    return Offer(
        roles=(AT_COUNTER,) if at_counter else tuple(roles),
        skills=tuple(skill.offered(name) for name, skill in SKILLS.items()),
        words=place.words,
        at_counter=at_counter,
    )


def _audio(place: Place, role: str, file: str) -> Response:
    """A line's audio: one of the files that were found at the start, and no other path."""
    folder = place.roles.get(role)
    path = next((path for path in folder.files.values() if path.name == file), None) if folder else None
    if path is None or not path.is_file():
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return FileResponse(path, media_type=MEDIA[path.suffix])


def _listening(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        taken = error.errno == errno.EADDRINUSE
        problem = "is in use: is practice open already?" if taken else f"can't be used ({error.strerror})"
        raise UsageError(f"port {port} {problem} Name another one: --port 0 takes any that is free") from error
    return listener


def _config(doors: Doors) -> uvicorn.Config:
    return uvicorn.Config(
        doors,
        loop="asyncio",
        http="h11",
        ws="websockets-sansio",
        ws_max_size=TEXT_LIMIT,
        ws_ping_timeout=BUSY_S,
        ws_per_message_deflate=False,
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=2,
        limit_concurrency=64,
    )
