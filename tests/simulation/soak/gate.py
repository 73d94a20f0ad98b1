"""The network of one program: always to the primary of now, and with faults that heal."""

from tcp_gate import TcpGate


class Gate(TcpGate):
    def __init__(self, cluster):
        self.cluster = cluster
        super().__init__(None)
        self.__enter__()

    @property
    def target(self):
        return "127.0.0.1", self.cluster.primary.port

    @target.setter
    def target(self, _):
        pass

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
