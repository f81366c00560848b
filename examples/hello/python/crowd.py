import asyncio

import hms_ffi as hms


async def main():
    async with hms.aconnect("example:hello/greeter") as greeter:
        people = [{"name": name, "titles": ["Dr"]} for name in ("Ada", "Alan", "")]
        for greeting in await asyncio.gather(*(greeter.greet(person) for person in people[:2])):
            print(greeting)
        for result in await greeter.batch(greeter.greet.bind(person) for person in people):
            print("refused" if isinstance(result, hms.DeclaredError) else result)


asyncio.run(main())
