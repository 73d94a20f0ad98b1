"""The network of one program: always to the primary of now, and with faults that heal."""

from tcp_gate import TcpGate


class Gate(TcpGate):
    def __init__(self, cluster):
        super().__init__(lambda: ("127.0.0.1", cluster.primary.port))
        self.__enter__()

    def break_all(self):
        """Every connection of now is reset; new ones pass."""
        self.cut()
        self.open()

    def heal(self):
        self.delay_s = 0.0
        self.bytes_per_s = None
        self.open()

    def close(self):
        self.__exit__()
