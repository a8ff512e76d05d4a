"""The methods of the Bot API that fanzha uses, one function each.

A method takes the parameters and returns what Telegram puts under "result", or raises Refused.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from telegram.constants import ReactionEmoji

from tests.double import keyboards, markup
from tests.double.bodies import Params
from tests.double.refused import Refused, bad
from tests.double.world import Chat, File, Json, World, is_picture

LONGEST_TEXT, LONGEST_CAPTION, LONGEST_NOTICE = 4096, 1024, 200
LARGEST_PHOTO, LARGEST_UPLOAD, LARGEST_DOWNLOAD = 10 * 2**20, 50 * 2**20, 20 * 2**20
ACTIONS = frozenset(
    [
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    ]
)
#: The only emoji a bot may react with.
REACTIONS = frozenset(ReactionEmoji)
#: What a copy or a forward carries over of a message.
CONTENT = [
    "text",
    "entities",
    "caption",
    "caption_entities",
    "photo",
    "document",
    "voice",
    "sticker",
    "video",
]


class Methods:
    """The methods over one world, found by name whatever its case."""

    def __init__(self, world: World, *, callback_seconds: float) -> None:
        self._world, self._callback_seconds = world, callback_seconds
        self.commands: list[Json] = []
        named: dict[str, Callable[[Params], Any]] = {
            "getMe": lambda _: world.bot,
            "sendMessage": self.send_message,
            "sendPhoto": self.send_photo,
            "sendDocument": self.send_document,
            "sendChatAction": self.send_chat_action,
            "editMessageText": self.edit_message_text,
            "editMessageReplyMarkup": self.edit_message_reply_markup,
            "deleteMessage": self.delete_message,
            "answerCallbackQuery": self.answer_callback_query,
            "getFile": self.get_file,
            "copyMessage": self.copy_message,
            "forwardMessage": self.forward_message,
            "createForumTopic": self.create_forum_topic,
            "closeForumTopic": self.close_forum_topic,
            "setMyCommands": self.set_my_commands,
            "getChat": self.get_chat,
            "setMessageReaction": self.set_message_reaction,
        }
        self.named = {name.lower(): (name, method) for name, method in named.items()}

    def send_message(self, params: Params) -> Json:
        chat = self._world.chat(params.chat_id())
        content = _text(params, "text", LONGEST_TEXT)
        if not content:
            raise bad("message text is empty")
        if (preview := params.json("link_preview_options")) is not None:
            if not isinstance(preview, dict):
                raise bad("can't parse link preview options: expected an Object")
            content["link_preview_options"] = preview
        return self._send(chat, params, content)

    def send_photo(self, params: Params) -> Json:
        chat = self._world.chat(params.chat_id())
        file = self._file(params, "photo")
        if len(file.data) > LARGEST_PHOTO:
            raise bad("file is too big for a photo")
        if not is_picture(file.data):
            raise bad("IMAGE_PROCESS_FAILED")
        content = {"photo": file.as_photo()} | _text(params, "caption", LONGEST_CAPTION)
        return self._send(chat, params, content)

    def send_document(self, params: Params) -> Json:
        chat = self._world.chat(params.chat_id())
        file = self._file(params, "document")
        content: Json = {"document": file.as_json() | {"file_name": file.name}}
        return self._send(chat, params, content | _text(params, "caption", LONGEST_CAPTION))

    def send_chat_action(self, params: Params) -> bool:
        self._world.chat(params.chat_id())
        if params.text("action") not in ACTIONS:
            raise bad("wrong parameter action in request")
        return True

    def edit_message_text(self, params: Params) -> Json:
        chat, old = self._own(params, "edit")
        if "text" not in old:
            raise bad("there is no text in the message to edit")
        content = _text(params, "text", LONGEST_TEXT)
        if not content:
            raise bad("message text is empty")
        kept = {key: value for key, value in old.items() if key not in ("text", "entities")}
        return self._edit(chat, params, old, kept | content)

    def edit_message_reply_markup(self, params: Params) -> Json:
        chat, old = self._own(params, "edit")
        return self._edit(chat, params, old, old)

    def delete_message(self, params: Params) -> bool:
        chat = self._world.chat(params.chat_id())
        if params.number("message_id") not in chat.messages:
            raise bad("message to delete not found")
        chat.remove(params.number("message_id"))
        return True

    def answer_callback_query(self, params: Params) -> bool:
        press = self._world.presses.get(params.text("callback_query_id"))
        if press is None or time.monotonic() - press.at > self._callback_seconds:
            raise bad("query is too old and response timeout expired or query ID is invalid")
        if len(params.text("text")) > LONGEST_NOTICE:
            raise bad("MESSAGE_TOO_LONG")
        press.answers.append(
            {"text": params.text("text"), "show_alert": params.flag("show_alert")}
        )
        for future in press.waiting:
            if not future.done():
                future.set_result(None)
        press.waiting.clear()
        return True

    def get_file(self, params: Params) -> Json:
        file = self._world.files.get(params.text("file_id"))
        if file is None:
            raise bad("invalid file_id")
        if len(file.data) > LARGEST_DOWNLOAD:
            raise bad("file is too big")
        return file.as_json() | {"file_path": file.path}

    def copy_message(self, params: Params) -> Json:
        chat, _, message = self._other(params, "copy")
        content = {key: message[key] for key in CONTENT if key in message}
        if "caption" in params.raw:
            content |= _text(params, "caption", LONGEST_CAPTION)
        return {"message_id": self._send(chat, params, content)["message_id"]}

    def forward_message(self, params: Params) -> Json:
        chat, source, message = self._other(params, "forward")
        content = {key: message[key] for key in CONTENT if key in message}
        content["forward_origin"] = message.get("forward_origin") or {
            "type": "user",
            "date": message["date"],
            "sender_user": message.get("from", source.info),
        }
        return self._send(chat, params, content)

    def create_forum_topic(self, params: Params) -> Json:
        chat = self._world.chat(params.chat_id())
        name = params.text("name")
        if not chat.info.get("is_forum"):
            raise bad("the chat is not a forum")
        if not 1 <= len(name) <= 128:
            raise bad("TOPIC_NAME_INVALID")
        colour = params.integer("icon_color") or 0x6FB9F0
        started = self._world.message(
            chat, self._world.bot, forum_topic_created={"name": name, "icon_color": colour}
        )
        thread = started["message_id"]
        chat.topics[thread] = name
        return {"message_thread_id": thread, "name": name, "icon_color": colour}

    def close_forum_topic(self, params: Params) -> bool:
        chat = self._world.chat(params.chat_id())
        if params.number("message_thread_id") not in chat.topics:
            raise bad("message thread not found")
        self._world.message(chat, self._world.bot, forum_topic_closed={})
        return True

    def set_my_commands(self, params: Params) -> bool:
        commands = params.json("commands")
        if not isinstance(commands, list) or len(commands) > 100:
            raise bad("can't parse commands: expected an Array of up to 100 BotCommand")
        for command in commands:
            name = str(command.get("command", "")).removeprefix("/")
            if not name or len(name) > 32 or not name.islower() or not name.isascii():
                raise bad("BOT_COMMAND_INVALID")
            if not 1 <= len(str(command.get("description", ""))) <= 256:
                raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
        self.commands = commands
        return True

    def get_chat(self, params: Params) -> Json:
        chat = self._world.chat(params.chat_id())
        gifts = dict.fromkeys(
            [
                "unlimited_gifts",
                "limited_gifts",
                "unique_gifts",
                "premium_subscription",
                "gifts_from_channels",
            ],
            False,
        )
        return chat.info | {
            "accent_color_id": 3,
            "max_reaction_count": 11,
            "accepted_gift_types": gifts,
        }

    def set_message_reaction(self, params: Params) -> bool:
        chat = self._world.chat(params.chat_id())
        message = chat.messages.get(params.number("message_id"))
        if message is None:
            raise bad("message to react not found")
        reactions = params.json("reaction") or []
        if len(reactions) > 1 or any(one.get("emoji") not in REACTIONS for one in reactions):
            raise bad("REACTION_INVALID")
        chat.put(message | {"reaction": reactions})
        return True

    def _send(self, chat: Chat, params: Params, content: Json) -> Json:
        """Write the bot's message, once everything around its content is in order."""
        keyboard = keyboards.check(params.json("reply_markup"))
        if keyboard is not None and "inline_keyboard" in keyboard:
            if keyboard["inline_keyboard"]:
                content["reply_markup"] = keyboard
        elif keyboard is not None:
            chat.keyboard = keyboard if "keyboard" in keyboard else None
        thread = params.integer("message_thread_id")
        if thread is not None:
            if thread not in chat.topics:
                raise bad("message thread not found")
            content |= {"message_thread_id": thread, "is_topic_message": True}
        if (answered := self._answered(chat, params)) is not None:
            content["reply_to_message"] = answered
        return self._world.message(chat, self._world.bot, **content)

    def _answered(self, chat: Chat, params: Params) -> Json | None:
        """The message this one replies to."""
        reply = params.json("reply_parameters")
        if reply is None:
            number = params.integer("reply_to_message_id")
            if number is None:
                return None
            lenient = params.flag("allow_sending_without_reply")
        elif not isinstance(reply, dict) or "message_id" not in reply:
            raise bad("can't parse reply parameters: Can't find field \"message_id\"")
        else:
            number = int(reply["message_id"])
            lenient = bool(reply.get("allow_sending_without_reply"))
            if reply.get("chat_id") is not None:
                chat = self._world.chat(reply["chat_id"])
        message = chat.messages.get(number)
        if message is None:
            if lenient:
                return None
            raise bad("message to be replied not found")
        return {key: value for key, value in message.items() if key != "reply_to_message"}

    def _own(self, params: Params, verb: str) -> tuple[Chat, Json]:
        chat = self._world.chat(params.chat_id())
        message = chat.messages.get(params.number("message_id"))
        if message is None:
            raise bad(f"message to {verb} not found")
        if message.get("from", {}).get("id") != self._world.bot["id"]:
            raise bad(f"message can't be {verb}ed")
        return chat, message

    def _edit(self, chat: Chat, params: Params, old: Json, new: Json) -> Json:
        """Put the changed message in the old one's place; the keyboard goes unless it is named."""
        keyboard = keyboards.check(params.json("reply_markup"))
        if keyboard is not None and "inline_keyboard" not in keyboard:
            raise bad("inline keyboard expected")
        new = {key: value for key, value in new.items() if key != "reply_markup"}
        if keyboard is not None and keyboard["inline_keyboard"]:
            new["reply_markup"] = keyboard
        if all(new.get(key) == old.get(key) for key in ("text", "entities", "reply_markup")):
            raise bad(
                "message is not modified: specified new message content and reply markup are "
                "exactly the same as a current content and reply markup of the message"
            )
        new["edit_date"] = int(time.time())
        chat.put(new)
        return new

    def _other(self, params: Params, verb: str) -> tuple[Chat, Chat, Json]:
        chat = self._world.chat(params.chat_id())
        source = self._world.chat(params.integer("from_chat_id"))
        message = source.messages.get(params.number("message_id"))
        if message is None:
            raise bad(f"message to {verb} not found")
        return chat, source, message

    def _file(self, params: Params, name: str) -> File:
        """The file of a call: uploaded with it, or known from before."""
        named = params.text(name)
        upload = params.uploads.get(name) or params.uploads.get(named.removeprefix("attach://"))
        if upload is not None:
            if len(upload.data) > LARGEST_UPLOAD:
                raise Refused("Request Entity Too Large", 413)
            if not upload.data:
                raise bad("file must be non-empty")
            return self._world.keep(upload.data, upload.filename)
        if not named:
            raise bad(f"there is no {name} in the request")
        if named.startswith(("http://", "https://")):
            raise bad("failed to get HTTP URL content")
        if named not in self._world.files:
            raise bad("wrong file identifier/HTTP URL specified")
        return self._world.files[named]


def _text(params: Params, name: str, longest: int) -> Json:
    """A text or caption with its entities; nothing when it is empty."""
    suffix = "caption_entities" if name == "caption" else "entities"
    given = params.json(suffix)
    if given and not params.text("parse_mode"):
        text, entities = params.text(name).strip(), given
    else:
        text, entities = markup.parse(params.text(name), params.text("parse_mode"))
    if len(text) > longest:
        raise bad("message is too long" if name == "text" else "message caption is too long")
    if not text:
        return {}
    return {name: text} | ({suffix: entities} if entities else {})
