"""Takes plain connections on loopback and passes their bytes to a server over TLS, as they are.

Arguments: the server's port, its name, and the file of the authority its certificate has to come from.
"""

import socket
import ssl
import sys
import threading

port, name, authority = int(sys.argv[1]), sys.argv[2], sys.argv[3]
context = ssl.create_default_context(cafile=authority)


def copy(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def relay(plain):
    try:
        sealed = context.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname=name)
    except OSError as error:
        print(f"no TLS: {error}", flush=True)
        plain.close()
        return
    threading.Thread(target=copy, args=(plain, sealed), daemon=True).start()
    copy(sealed, plain)


listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    connection, _ = listener.accept()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    threading.Thread(target=relay, args=(connection,), daemon=True).start()
