"""A client of its own, from the protocol document alone: it asks for extended headers, writes, zeroes, reads back and
asks for the status of the export at argv[1], a Unix socket, and prints what it was told as JSON."""
import json
import socket
import struct
import sys

READ, WRITE, DISC, ZEROES, STATUS = 0, 1, 2, 6, 7
PAYLOAD_LEN = 1 << 5
s = socket.socket(socket.AF_UNIX)
s.settimeout(10)
s.connect(sys.argv[1])


def get(count):
    data = b""
    while len(data) < count:
        more = s.recv(count - len(data))
        if not more:
            raise EOFError("the server has hung up")
        data += more
    return data


def option(number, data=b""):
    s.sendall(b"IHAVEOPT" + struct.pack(">II", number, len(data)) + data)
    replies = []
    while True:
        magic, echoed, kind, length = struct.unpack(">QIII", get(20))
        assert magic == 0x3E889045565A9 and echoed == number, (hex(magic), echoed)
        data = get(length)
        assert kind < 1 << 31, (hex(kind), data)
        if kind == 1:
            return replies
        replies.append((kind, data))


cookie = 0


def command(kind, offset, length, payload=b"", flags=0):
    """Answers the chunks of the reply: type and payload."""
    global cookie
    cookie += 1
    flags |= PAYLOAD_LEN if kind == WRITE else 0
    s.sendall(struct.pack(">IHHQQQ", 0x21E41C71, flags, kind, cookie, offset, length) + payload)
    chunks = []
    while True:
        magic, flags, chunk, echoed, at, size = struct.unpack(">IHHQQQ", get(32))
        assert magic == 0x6E8A278C and echoed == cookie and at == offset, (hex(magic), echoed, at)
        chunks.append((chunk, get(size)))
        if flags & 1:
            return chunks


assert get(16) == b"NBDMAGICIHAVEOPT"
assert struct.unpack(">H", get(2))[0] & 3 == 3
s.sendall(struct.pack(">I", 3))
option(11)
[(_, context)] = option(10, struct.pack(">II", 0, 1) + struct.pack(">I", 15) + b"base:allocation")
infos = option(7, struct.pack(">IHH", 0, 1, 3))
size = next(struct.unpack(">HQH", data)[1] for kind, data in infos if data[:2] == b"\0\0")

told = {"size": size}
told["write"] = command(WRITE, 4096, 8192, b"\x2a" * 8192)
# Longer than any length of 32 bits.
told["zeroes"] = command(ZEROES, 8192, size - 8192)
told["read"] = [(kind, data[:8].hex(), sorted(set(data[8:]))) for kind, data in command(READ, 4096, 8192)]
[(kind, data)] = command(STATUS, 0, size)
number, count = struct.unpack(">II", data[:8])
assert number == struct.unpack(">I", context[:4])[0] and len(data) == 8 + 16 * count
told["status"] = [kind] + [struct.unpack(">QQ", data[8 + 16 * i : 24 + 16 * i]) for i in range(count)]
[(kind, data)] = command(READ, size, 4096)
told["error"] = [kind, struct.unpack(">I", data[:4])[0]]
told["past"] = [kind for kind, _ in command(WRITE, size - 512, 1024, b"\0" * 1024)]
for name in ("write", "zeroes"):
    told[name] = [(kind, data.hex()) for kind, data in told[name]]
s.sendall(struct.pack(">IHHQQQ", 0x21E41C71, 0, DISC, 99, 0, 0))
assert s.recv(1) == b""
print(json.dumps(told))
