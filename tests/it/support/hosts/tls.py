"""Ends TLS for the hosts that a test plays, under any name, and passes the bytes on to its port.

tls.py PORT CERTIFICATE: prints the address on which it listens.
"""

import asyncio
import ssl
import sys


async def copy(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()
    except (OSError, ssl.SSLError):
        writer.close()


async def serve(reader, writer):
    inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", int(sys.argv[1]))
    await asyncio.gather(copy(reader, inner_writer), copy(inner_reader, writer))


async def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2])
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    address, port = server.sockets[0].getsockname()
    print(f"listening on http://{address}:{port}", flush=True)
    await server.serve_forever()


asyncio.run(main())
