"""An Outbox service over https for the tests: answers every message with 201.

    outbox_sink.py CERTIFICATE KEY

Prints the port it listens on, then one line for each message it was sent. Runs until it is ended.
"""

import http.server
import ssl
import sys


class Messages(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        print("message", self.path, self.headers["X-API-Key"], flush=True)
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def main(certificate, key):
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate, key)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Messages)
    print(server.server_port, flush=True)
    # The handshake belongs to each connection's own thread: a client that breaks it off must not end the server.
    server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
