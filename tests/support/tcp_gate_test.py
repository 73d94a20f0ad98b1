"""The gate itself, between a client and a server that echoes."""

import socket
import socketserver
import threading
import time
import unittest

from tcp_gate import TcpGate


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(65536):
            self.request.sendall(data)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, *_):
        pass  # a connection that was reset


class GateTest(unittest.TestCase):
    def setUp(self):
        self.server = Server(("127.0.0.1", 0), Echo)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.gate = TcpGate(self.server.server_address).__enter__()

    def tearDown(self):
        self.gate.__exit__()
        self.server.shutdown()
        self.server.server_close()

    def connect(self):
        made = socket.create_connection(("127.0.0.1", self.gate.port), timeout=20)
        self.addCleanup(made.close)
        return made

    def echo(self, client, data=b"hello"):
        client.sendall(data)
        return self.read(client, len(data))

    def read(self, client, size):
        got = b""
        while len(got) < size:
            piece = client.recv(65536)
            self.assertTrue(piece, "the connection ended")
            got += piece
        return got

    def test_what_goes_in_comes_out(self):
        client = self.connect()
        data = bytes(range(256)) * 4096
        sender = threading.Thread(target=client.sendall, args=(data,))
        sender.start()
        self.assertEqual(self.read(client, len(data)), data)
        sender.join()
        self.assertEqual(self.gate.connections(), 1)

    def test_an_end_is_passed_on(self):
        client = self.connect()
        self.echo(client)
        client.shutdown(socket.SHUT_WR)
        self.assertEqual(client.recv(1), b"")

    def test_a_black_hole_tells_nobody_and_loses_nothing(self):
        client = self.connect()
        self.echo(client)
        self.gate.black_hole()
        client.sendall(b"lost?")
        late = self.connect()
        late.sendall(b"late")
        for silent in (client, late):
            silent.settimeout(0.2)
            with self.assertRaises(socket.timeout):
                silent.recv(1)
            silent.settimeout(20)
        self.gate.open()
        self.assertEqual(self.read(client, 5), b"lost?")
        self.assertEqual(self.read(late, 4), b"late")

    def test_a_cut_resets_what_is_open_and_what_comes(self):
        client = self.connect()
        self.echo(client)
        self.gate.cut()
        with self.assertRaises(ConnectionResetError):
            client.recv(1)
        with self.assertRaises(ConnectionResetError):
            self.connect().recv(1)
        self.gate.open()
        self.assertEqual(self.echo(self.connect()), b"hello")

    def test_a_black_hole_can_be_cut(self):
        client = self.connect()
        self.echo(client)
        self.gate.black_hole()
        self.gate.cut()
        with self.assertRaises(ConnectionResetError):
            client.recv(1)

    def test_delay_is_each_way_and_does_not_add_up_over_pieces(self):
        client = self.connect()
        self.echo(client)
        self.gate.delay_s = 0.1
        begun = time.monotonic()
        self.echo(client)
        self.assertGreaterEqual(time.monotonic() - begun, 0.2)

    def test_a_rate_holds_a_flood_back(self):
        client = self.connect()
        self.echo(client)
        self.gate.bytes_per_s = 100_000
        begun = time.monotonic()
        self.assertEqual(self.echo(client, b"x" * 20_000), b"x" * 20_000)
        self.assertGreaterEqual(time.monotonic() - begun, 0.2)


if __name__ == "__main__":
    unittest.main()
