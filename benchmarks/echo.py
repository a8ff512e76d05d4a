"""A bare PTB echo bot behind a webhook, as its documentation shows: `python echo.py API PORT`.

It takes updates one after the other, which is PTB's default: beside an API that answers at once
it is a quarter faster so than with `concurrent_updates`.
"""

from __future__ import annotations

import asyncio
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import Update
from telegram.ext import Application, ContextTypes, MessageHandler, filters


async def echo(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    assert update.message is not None
    await update.message.reply_text(update.message.text or "")


async def main(api: str, port: int) -> None:
    application = Application.builder().token("1:x").base_url(f"{api}/bot").updater(None).build()
    application.add_handler(MessageHandler(filters.TEXT, echo))

    async def take(request: Request) -> Response:
        await application.update_queue.put(Update.de_json(await request.json(), application.bot))
        return Response()

    app = Starlette(routes=[Route("/telegram", take, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", access_log=False))
    async with application:
        await application.start()
        await server.serve()
        await application.stop()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
