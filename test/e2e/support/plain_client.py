"""A plain viewer written from the protocol's documents: prints what it is answered, a line each."""

import asyncio
import json
import sys

import websockets


async def main(url: str) -> None:
    async with websockets.connect(url) as socket:

        async def answer() -> dict:
            return json.loads(await asyncio.wait_for(socket.recv(), timeout=5))

        print((await answer())["type"])
        await socket.send(json.dumps({"type": "subscribe", "events": ["log"]}))
        message = await answer()
        print(message["type"], *message["all_subscriptions"])
        await socket.send(json.dumps({"type": "ping", "timestamp": 42}))
        message = await answer()
        print(message["type"], message["client_timestamp"])
        await socket.send(json.dumps({"type": "unsubscribe", "events": ["log"]}))
        message = await answer()
        print(message["type"], message["remaining_subscriptions"])
        for text in ('{"type": "no_such_thing"}', "{ not json"):
            await socket.send(text)
            message = await answer()
            print(message["type"], message["code"])


asyncio.run(main(sys.argv[1]))
