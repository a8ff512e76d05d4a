"""The double itself: answers the bot's calls, serves files, and obeys the test."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import unquote

from tests.double import bodies
from tests.double.faults import Fault, Faults
from tests.double.limits import Limits
from tests.double.log import CUT, Log, Logged
from tests.double.methods import Methods
from tests.double.refused import Refused, too_many
from tests.double.stage import Stage
from tests.double.updates import Updates
from tests.double.wire import Answer, Connection, Request, Response
from tests.double.world import World

Json = dict[str, Any]

logger = logging.getLogger(__name__)

TOKEN = "110096110:AAH-a-token-that-only-the-double-takes"
USERNAME = "fanzha_double_bot"


@dataclass(frozen=True, slots=True)
class Options:
    """How the double behaves. Without `strict_chats`, every private chat can be written to."""

    token: str = TOKEN
    username: str = USERNAME
    log: Path | None = None
    callback_seconds: float = 15.0
    webhook_retry: float = 0.1
    webhook_timeout: float = 60.0
    strict_chats: bool = False


class Server:
    """One bot's Telegram. Everything in it runs on one event loop."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.world = World(_bot(options), strict_chats=options.strict_chats)
        self.methods = Methods(self.world, callback_seconds=options.callback_seconds)
        self.updates = Updates(
            webhook_retry=options.webhook_retry, webhook_timeout=options.webhook_timeout
        )
        self.faults = Faults()
        self.limits: Limits | None = None
        self.log = Log(options.log)
        self.connections: set[Connection] = set()
        self.stage = Stage(self)
        self._coming_and_going = {
            "getupdates": ("getUpdates", self._get_updates),
            "setwebhook": ("setWebhook", self._set_webhook),
            "deletewebhook": ("deleteWebhook", self._delete_webhook),
        }
        self.methods.named["getwebhookinfo"] = (
            "getWebhookInfo",
            lambda _: self.updates.info(),
        )

    @contextlib.asynccontextmanager
    async def listening(self, host: str, port: int) -> AsyncIterator[str]:
        """Listen, and give the address."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: Connection(self.answer, self.connections), host, port
        )
        flushing = asyncio.ensure_future(self._keep_flushing())
        try:
            yield f"http://{host}:{server.sockets[0].getsockname()[1]}"
        finally:
            flushing.cancel()
            server.close()
            await self.updates.close()
            self.cut_all()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
            self.log.close()

    def cut_all(self, prefix: str = "/") -> None:
        """Cut every connection whose last request was under this path."""
        for connection in list(self.connections):
            if connection.path.startswith(prefix):
                connection.cut()

    def answer(self, request: Request) -> Any:
        """Answer one request: at once when nothing has to be waited for."""
        path = unquote(request.path)
        if path.startswith("/bot"):
            token, _, method = path[4:].partition("/")
            return self._call(request, token, method)
        if path.startswith("/file/bot"):
            token, _, name = path[9:].partition("/")
            return self._download(token, name)
        if path.startswith("/control/"):
            return self._control(path.removeprefix("/control/"), request)
        return _refusal(Refused("Not Found", 404))

    def _call(self, request: Request, token: str, method: str) -> Any:
        named = self.methods.named.get(method.lower())
        later = self._coming_and_going.get(method.lower())
        name = (named or later or (method,))[0]
        call = Logged(name, bodies.Params({}), monotonic())
        self.log.note(call)
        try:
            call.params = params = bodies.read(request)
            if token != self.options.token:
                raise Refused("Unauthorized", 401)
            chat_id = params.chat_id()
            fault = self.faults.take(name, chat_id)
            if fault is not None:
                return self._faulty(call, fault)
            if later is not None:
                return self._answer_later(call)
            return self._written(call, self._do(call))
        except Refused as refused:
            return self._refused(call, refused)
        except Exception:  # a bug of the double: be loud, and do not hang the test
            logger.exception("double_failed")
            return self._refused(call, Refused("the double failed: see its log", 500))

    def _do(self, call: Logged) -> Any:
        """Carry out a call that needs no waiting."""
        named = self.methods.named.get(call.method.lower())
        if named is None:
            raise Refused("Not Found", 404)
        if self.limits is not None and self.limits.counts(call.method):
            chat_id = call.params.chat_id()
            if isinstance(chat_id, int):
                wait = self.limits.admit(chat_id, paid=call.params.flag("allow_paid_broadcast"))
                if wait:
                    raise too_many(wait)
        return named[1](call.params)

    async def _do_later(self, call: Logged) -> Any:
        later = self._coming_and_going.get(call.method.lower())
        return self._do(call) if later is None else await later[1](call.params)

    async def _answer_later(self, call: Logged) -> Answer:
        try:
            return self._written(call, await self._do_later(call))
        except Refused as refused:
            return self._refused(call, refused)
        except asyncio.CancelledError:
            self.log.answered(call, CUT, {})
            raise

    def _faulty(self, call: Logged, fault: Fault) -> Any:
        if fault.kind == "answer" and not fault.done:
            return self._refused(call, fault.refusal())
        return self._suffer(call, fault)

    async def _suffer(self, call: Logged, fault: Fault) -> Answer:
        """Let a call meet its fault, before or after it is carried out."""
        try:
            if fault.done:
                answer = await self._answer_later(call)
                if fault.kind == "hang":
                    await asyncio.sleep(fault.seconds)
                    return answer
            elif fault.kind == "hang":
                await asyncio.sleep(fault.seconds)
                return await self._answer_later(call)
            if fault.kind == "answer":
                return self._refused(call, fault.refusal())
        except asyncio.CancelledError:
            self.log.answered(call, CUT, {})
            raise
        self.log.answered(call, CUT, {})
        return None

    def _written(self, call: Logged, result: Any) -> Response:
        body = {"ok": True, "result": result}
        self.log.answered(call, 200, body)
        return Response(200, json.dumps(body).encode())

    def _refused(self, call: Logged, refused: Refused) -> Response:
        self.log.answered(call, refused.status, refused.body())
        return _refusal(refused)

    def _download(self, token: str, name: str) -> Any:
        call = Logged("file", bodies.Params({"path": name}), monotonic())
        self.log.note(call)
        fault = self.faults.take("file", None)
        if fault is not None:
            return self._faulty(call, fault)
        if token != self.options.token:
            return self._refused(call, Refused("Unauthorized", 401))
        file = next((file for file in self.world.files.values() if file.path == name), None)
        if file is None:
            return self._refused(call, Refused("Not Found", 404))
        self.log.answered(call, 200, {})
        return Response(200, file.data, "application/octet-stream")

    async def _control(self, verb: str, request: Request) -> Response:
        try:
            result = await self.stage.act(verb, json.loads(request.body or b"{}"))
        except (LookupError, TypeError, ValueError) as error:
            body = {"error": f"{type(error).__name__}: {error}"}
            return Response(400, json.dumps(body).encode())
        return Response(200, json.dumps({"result": result}).encode())

    async def _get_updates(self, params: bodies.Params) -> Any:
        limit = params.integer("limit")
        return await self.updates.poll(
            offset=params.integer("offset") or 0,
            limit=100 if limit is None else limit,
            patience=float(params.integer("timeout") or 0),
            allowed=params.json("allowed_updates"),
        )

    async def _set_webhook(self, params: bodies.Params) -> bool:
        connections = params.integer("max_connections")
        await self.updates.set_webhook(
            params.text("url"),
            secret=params.text("secret_token"),
            connections=40 if connections is None else connections,
            allowed=params.json("allowed_updates"),
            drop=params.flag("drop_pending_updates"),
        )
        return True

    async def _delete_webhook(self, params: bodies.Params) -> bool:
        drop = params.flag("drop_pending_updates")
        await self.updates.set_webhook("", secret="", connections=40, allowed=None, drop=drop)
        return True

    async def _keep_flushing(self) -> None:
        while True:
            await asyncio.sleep(0.2)
            self.log.flush()


def _bot(options: Options) -> Json:
    return {
        "id": int(options.token.partition(":")[0]),
        "is_bot": True,
        "first_name": "反诈专线",
        "username": options.username,
        "can_join_groups": True,
        "can_read_all_group_messages": True,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def _refusal(refused: Refused) -> Response:
    if 502 <= refused.status <= 504:  # these come from the proxy before Telegram, as a page
        page = f"<html><body><h1>{refused.status} {refused.description}</h1></body></html>"
        return Response(refused.status, page.encode(), "text/html")
    return Response(refused.status, json.dumps(refused.body()).encode())
