"""An SMTP server for the tests: takes mail on loopback and keeps each one as a file.

    smtp_sink.py FOLDER starttls|tls|plain PORT [CERTIFICATE KEY]

Prints the port it listens on (PORT 0: any free one) as its only line of output, then runs until
SIGTERM or SIGINT. Every accepted mail becomes FOLDER/0001.eml, 0002.eml, ..., complete as soon as
it has that name. Every attempt to sign in is a line of FOLDER/sign-ins. starttls and tls want a certificate and its key (PEM files) and a sign-in as user
"gk", password "mailpw"; plain wants neither.

Some recipients, by the part before the @ and before a dot, make trouble:
    perm       refused for good (550): no such user
    policy     refused for good (550), but not because of the recipient; taken when tried again
    temp       refused once (451), taken when tried again
    slow       taken after 5 seconds
    late       the mail is kept, and the answer comes a second later
    hang       no answer for ten minutes
    mid        once the connection is cut when the mail is to come
    cutlost    once the connection is cut after the mail, which is lost
    cutonce    once the connection is cut after the mail, which is kept
    cutalways  every time
    silent     the mail is kept, and there is no answer for ten minutes
"""

import asyncio
import logging
import os
import signal
import ssl
import sys
import warnings

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

SLOW_SECONDS = 5
HANG_SECONDS = 600


def check_login(server, session, envelope, mechanism, data):
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"gk", b"mailpw")
    # Not "handled": aiosmtpd then answers 535 by itself.
    return AuthResult(success=right, handled=right)


class Mailbox:
    """What happens to recipients and mails, for all connections together."""

    def __init__(self, folder):
        self.folder = folder
        self.count = 0
        self.seen = set()

    def first(self, address):
        """Whether this address is seen for the first time."""
        new = address not in self.seen
        self.seen.add(address)
        return new

    async def handle_RCPT(self, server, session, envelope, address, options):
        trouble = trouble_of(address)
        if trouble == "perm":
            return "550 5.1.1 No such user"
        if trouble == "policy" and self.first(address):
            return "550 5.7.1 Not from you"
        if trouble == "temp" and self.first(address):
            return "451 4.7.1 Please try again later"
        if trouble == "slow":
            await asyncio.sleep(SLOW_SECONDS)
        if trouble == "hang":
            await asyncio.sleep(HANG_SECONDS)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        address = envelope.rcpt_tos[0]
        trouble = trouble_of(address)
        cut = trouble == "cutalways" or trouble in ("cutlost", "cutonce") and self.first(address)
        if not (cut and trouble == "cutlost"):
            self.keep(envelope.content)
        if cut:
            server.transport.abort()
        if trouble == "late":
            await asyncio.sleep(1)
        if trouble == "silent":
            await asyncio.sleep(HANG_SECONDS)
        return f"250 2.0.0 Kept as {self.count}"

    def note_sign_in(self, arg):
        with open(os.path.join(self.folder, "sign-ins"), "a") as file:
            file.write(f"{(arg or '').partition(' ')[0]}\n")

    def keep(self, content):
        self.count += 1
        name = os.path.join(self.folder, f"{self.count:04}")
        with open(name + ".part", "wb") as file:
            file.write(content)
        # A test that watches the folder never sees half a mail.
        os.rename(name + ".part", name + ".eml")


def trouble_of(address):
    return address.partition("@")[0].partition(".")[0]


class Server(SMTP):
    async def smtp_AUTH(self, arg):
        self.event_handler.note_sign_in(arg)
        await super().smtp_AUTH(arg)

    async def smtp_DATA(self, arg):
        address = next(iter(self.envelope.rcpt_tos), "")
        if trouble_of(address) == "mid" and self.event_handler.first(address):
            await self.push("354 Go on")
            self.transport.abort()
            return
        await super().smtp_DATA(arg)


def connection(mailbox, mode, tls):
    """A new aiosmtpd protocol; asyncio asks for one per connection."""
    return Server(
        mailbox,
        hostname="localhost",
        ident="sink",
        tls_context=tls if mode == "starttls" else None,
        require_starttls=mode == "starttls",
        authenticator=check_login,
        auth_required=mode != "plain",
        auth_require_tls=mode == "starttls",
        data_size_limit=1 << 20,
    )


async def serve(folder, mode, port, tls):
    mailbox = Mailbox(folder)
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    server = await loop.create_server(
        lambda: connection(mailbox, mode, tls),
        "127.0.0.1",
        port,
        ssl=tls if mode == "tls" else None,
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await stop.wait()
    server.close()


def main(arguments):
    if len(arguments) not in (3, 5) or arguments[1] not in ("starttls", "tls", "plain"):
        sys.exit(__doc__)
    folder, mode, port = arguments[0], arguments[1], int(arguments[2])
    tls = None
    if mode != "plain":
        if len(arguments) != 5:
            sys.exit(f"{mode} needs a certificate and its key")
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(arguments[3], arguments[4])
    # aiosmtpd remarks on every connection that passwords without STARTTLS are unwise; in mode tls they are not.
    warnings.simplefilter("ignore")
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    os.makedirs(folder, exist_ok=True)
    asyncio.run(serve(folder, mode, port, tls))


if __name__ == "__main__":
    main(sys.argv[1:])
