"""A TCP proxy for the link between simulator and engine: it cuts connections, stalls them, delays them and loses packets.

Loss is what TCP makes of it: a chunk that was lost comes a retransmission later, and all behind it wait. A kernel with
netem could do that below TCP; this works without root too.
"""
import asyncio
import contextlib
import random
import socket
import threading

CHUNK_BYTES_MAX = 65536
CHUNKS_WAITING_MAX = 256
RETRANSMISSION_SECONDS = 0.2  # the least that Linux waits
END_SECONDS_MAX = 5


class Link:
    """Listens on `port` and the one after it of ADDRESS, and passes each on to the same of 127.0.0.1: a publisher tells its
    subscribers the port of its past, and they ask there at the address they know. Runs on a thread of its own."""
    ADDRESS = "127.0.0.2"

    def __init__(self, port, seed):
        self.port = port
        self.rng = random.Random(f"link {seed}")
        self.delay_seconds = self.loss = 0.0
        self.is_cut = False
        self.connections = set()  # of the loop's thread
        self.loop = asyncio.new_event_loop()
        self.flowing = None
        listening = threading.Event()
        self.thread = threading.Thread(target=self.run, args=(listening,), daemon=True)
        self.thread.start()
        if not listening.wait(10):
            raise AssertionError("the link does not listen")

    def cut(self):
        """Resets every connection, and new ones at once."""
        self.do(self.set_cut, True)

    def stall(self):
        """Passes nothing on, and tells nobody."""
        self.do(self.flowing.clear)

    def slow(self, delay_seconds, loss):
        self.do(self.set_slow, delay_seconds, loss)

    def heal(self):
        self.do(self.set_cut, False)
        self.do(self.set_slow, 0.0, 0.0)
        self.do(self.flowing.set)

    def close(self):
        self.do(self.loop.stop)
        self.thread.join()

    def do(self, call, *args):
        self.loop.call_soon_threadsafe(call, *args)

    def set_cut(self, is_cut):
        self.is_cut = is_cut
        for writer in list(self.connections) if is_cut else ():
            writer.transport.abort()

    def set_slow(self, delay_seconds, loss):
        self.delay_seconds, self.loss = delay_seconds, loss

    def run(self, listening):
        asyncio.set_event_loop(self.loop)
        self.flowing = asyncio.Event()
        self.flowing.set()
        servers = [self.loop.run_until_complete(asyncio.start_server(self.accepting(self.port + offset), self.ADDRESS, self.port + offset))
                   for offset in (0, 1)]
        listening.set()
        self.loop.run_forever()
        for server in servers:
            server.close()
        self.loop.run_until_complete(self.end())
        self.loop.close()

    async def end(self):
        self.set_cut(True)
        self.flowing.set()
        passing = asyncio.all_tasks() - {asyncio.current_task()}
        if passing:
            await asyncio.wait(passing, timeout=END_SECONDS_MAX)

    def accepting(self, target):
        async def accept(reader, writer):
            if self.is_cut:
                writer.transport.abort()
                return
            try:
                far_reader, far_writer = await asyncio.open_connection("127.0.0.1", target)
            except OSError:
                writer.transport.abort()
                return
            ends = {writer, far_writer}
            self.connections |= ends
            if self.is_cut:  # while it connected
                self.set_cut(True)
            for end in ends:
                end.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            ways = [asyncio.ensure_future(self.pass_on(*way)) for way in ((reader, far_writer), (far_reader, writer))]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for end in ends:
                end.transport.abort()
            await asyncio.wait(ways)
            self.connections -= ends
        return accept

    async def pass_on(self, reader, writer):
        chunks = asyncio.Queue(CHUNKS_WAITING_MAX)  # (when due, bytes)
        sender = asyncio.ensure_future(self.send(chunks, writer))
        with contextlib.suppress(OSError):
            due = 0.0
            while chunk := await reader.read(CHUNK_BYTES_MAX):
                late = RETRANSMISSION_SECONDS if self.rng.random() < self.loss else 0.0
                due = max(due, self.loop.time() + self.delay_seconds + late)
                await chunks.put((due, chunk))
        await chunks.put((0.0, b""))
        await sender

    async def send(self, chunks, writer):
        is_open = True
        while True:
            due, chunk = await chunks.get()
            if not chunk:
                return
            if not is_open:
                continue  # what reads must not wait for room here
            await self.flowing.wait()
            if due > self.loop.time():
                await asyncio.sleep(due - self.loop.time())
            try:
                writer.write(chunk)
                await writer.drain()
            except OSError:
                is_open = False
