"""A TCP link that a test can slow down, cut and black-hole: what stands between a program and its server.

    with TcpGate("/run/pg/.s.PGSQL.5432") as gate:      # or ("127.0.0.1", 5432)
        url = f"host=127.0.0.1 port={gate.port}"
        gate.black_hole()       # nothing passes any more, and nobody is told
        gate.has_swallowed      # whether somebody has spoken into that hole
        gate.cut()              # connections are reset, and new ones too
        gate.open()             # as at first; what a black hole swallowed arrives now, as TCP would send it again
        gate.delay_s = 0.05     # one way, each way
        gate.bytes_per_s = 10_000

It runs in a thread of its own; every method may be called from any other.
"""

import asyncio
import collections
import socket
import struct
import threading

OPEN, BLACK_HOLE, CUT = "open", "black hole", "cut"
PIECE = 16 * 1024
# What may be on its way in one direction of one connection; more waits in the sender.
UNDERWAY_PIECES = 64


def _reset(writer):
    """RST, not FIN: the other end learns that the link broke, not that its peer said goodbye."""
    sock = writer.get_extra_info("socket")
    if sock is not None and sock.fileno() >= 0 and sock.family != socket.AF_UNIX:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class TcpGate:
    """Listens on a port of 127.0.0.1 that the system chooses, and forwards to `target`: (host, port), a socket's path, or a function that
    says either anew for each connection."""

    def __init__(self, target):
        self.target = target
        self.delay_s = 0.0
        self.bytes_per_s = None
        self.port = None
        self.accepted = 0
        self.has_swallowed = False
        self._state = OPEN
        self._writers = set()
        self._tasks = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="tcp-gate", daemon=True)

    def __enter__(self):
        self._thread.start()
        self._call(self._start())
        return self

    def __exit__(self, *_):
        self._call(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def open(self):
        self._call(self._become(OPEN))

    def black_hole(self):
        self._call(self._become(BLACK_HOLE))

    def cut(self):
        self._call(self._become(CUT))

    def connections(self):
        """How many are open through the gate."""
        return self._call(self._count())

    # In the gate's thread.

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout=30)

    async def _start(self):
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0, limit=PIECE)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _stop(self):
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _count(self):
        return len(self._writers) // 2

    async def _become(self, state):
        self._state = state
        if state == BLACK_HOLE:
            self.has_swallowed = False
            self._flowing.clear()
        else:
            self._flowing.set()
        if state == CUT:
            for writer in list(self._writers):
                _reset(writer)

    async def _connected(self, reader, writer):
        self.accepted += 1
        self._tasks.add(asyncio.current_task())
        inner = None
        try:
            await self._flowing.wait()
            if self._state == CUT:
                return
            target = self.target() if callable(self.target) else self.target
            if isinstance(target, str):
                far_reader, inner = await asyncio.open_unix_connection(target, limit=PIECE)
            else:
                far_reader, inner = await asyncio.open_connection(*target, limit=PIECE)
            self._writers |= {writer, inner}
            await asyncio.gather(self._forward(reader, inner), self._forward(far_reader, writer))
        except (OSError, asyncio.CancelledError):
            pass  # the link broke, here or there: both ends learn it below
        finally:
            for end in filter(None, (writer, inner)):
                _reset(end)
                self._writers.discard(end)
            self._tasks.discard(asyncio.current_task())

    async def _forward(self, reader, writer):
        """One direction; ends with the end of what comes, which is passed on."""
        underway = collections.deque()
        moved = asyncio.Condition()

        async def take():
            while True:
                await self._flowing.wait()
                data = await reader.read(PIECE)
                self.has_swallowed = self.has_swallowed or (bool(data) and not self._flowing.is_set())
                async with moved:
                    await moved.wait_for(lambda: len(underway) < UNDERWAY_PIECES)
                    underway.append((self._loop.time() + self.delay_s, data))
                    moved.notify_all()
                if not data:
                    return

        async def give():
            while True:
                async with moved:
                    await moved.wait_for(lambda: underway)
                    due, data = underway.popleft()
                    moved.notify_all()
                await asyncio.sleep(max(0.0, due - self._loop.time()))
                await self._flowing.wait()
                if not data:
                    if writer.can_write_eof():
                        writer.write_eof()
                    return
                await self._give_at_pace(writer, data)

        ends = [asyncio.ensure_future(take()), asyncio.ensure_future(give())]
        try:
            await asyncio.gather(*ends)
        finally:
            for end in ends:
                end.cancel()
            await asyncio.gather(*ends, return_exceptions=True)

    async def _give_at_pace(self, writer, data):
        while data:
            rate = self.bytes_per_s
            portion = len(data) if not rate else max(1, min(len(data), rate // 20))
            if rate:
                await asyncio.sleep(portion / rate)
                await self._flowing.wait()
            writer.write(data[:portion])
            await writer.drain()
            data = data[portion:]
