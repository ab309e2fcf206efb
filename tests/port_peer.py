
# SPDX-License-Identifier: Apache-2.0
"""A TCP server that answers in the way that the first line of a connection says, and its client.

    port_peer.py serve ADDR PORT
    port_peer.py ask ADDR PORT 'hash'|'send N'|'last N'|'reset'|'hold N' [FILE]
"""
import hashlib, os, socket, socketserver, struct, sys, time

class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address, daemon_threads, request_queue_size = True, True, 64
    address_family = socket.AF_INET6 if ":" in sys.argv[2] else socket.AF_INET

class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        how = self.rfile.readline().split()
        if how[0] == b"hash":  # of all that comes until the end, which is the client's half
            digest = hashlib.sha256()
            while chunk := self.rfile.read(1 << 16): digest.update(chunk)
            self.wfile.write(digest.hexdigest().encode())
        elif how[0] == b"send":
            self.wfile.write(b"x" * int(how[1]))
        elif how[0] == b"reset":  # in the middle
            self.wfile.write(b"half")
            time.sleep(0.2)
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            os.close(self.request.detach())
        elif how[0] == b"last":
            self.wfile.write(b"x" * int(how[1]))
            os._exit(0)
        elif how[0] == b"hold":
            self.rfile.read()

if sys.argv[1] == "serve":
    Server((sys.argv[2], int(sys.argv[3])), Handler).serve_forever()
address, port, request, file = sys.argv[2], int(sys.argv[3]), sys.argv[4].encode(), sys.argv[5:]
held = [socket.create_connection((address, port)) for _ in range(int(request.split()[1]) if b"hold" in request else 1)]
for s in held: s.sendall(request + b"\n")
if held[1:]:
    print("held", flush=True)
    time.sleep(60)
if file: held[0].sendall(open(file[0], "rb").read())
held[0].shutdown(socket.SHUT_WR)
if b"last" in request: time.sleep(0.5)  # the server is gone by then
got = b""
try:
    while chunk := held[0].recv(1 << 20): got += chunk
except ConnectionResetError:
    sys.exit("reset after %d" % len(got))
sys.stdout.buffer.write(got)
