"""Clients of SMTP, IMAP and POP3 that cost little themselves: blocking sockets, no parsing beyond what a measure needs."""
import base64
import functools
import random
import socket
import ssl

WORDS = ("and the meeting moved to Thursday please find attached our figures for March with kind regards invoice order number delivery "
         "tomorrow afternoon we have changed budget draft comments welcome team office travel train ticket confirmed").split()
CONTEXT = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
CONTEXT.check_hostname = False
CONTEXT.verify_mode = ssl.CERT_NONE


def message(seed, size, sender="sender@sender.test"):
    """A plain message of about so many octets, lines ended by CRLF; the same for the same seed."""
    chance = random.Random(seed)
    lines = ["From: Sender <%s>" % sender, "To: Receiver <receiver@example.test>", "Subject: message %d" % seed,
             "Date: Mon, 02 Mar 2026 09:30:00 +0000", "Message-ID: <%d.%d@sender.test>" % (seed, chance.getrandbits(60)),
             "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", ""]
    length = sum(len(line) + 2 for line in lines)
    while length < size:
        line = " ".join(chance.choice(WORDS) for _ in range(10)) + " %x" % chance.getrandbits(48)
        lines.append(line)
        length += len(line) + 2
    return ("\r\n".join(lines) + "\r\n").encode()


class Letters:
    """Any number of messages, all different, from a few made before the clock runs: making one anew costs more than some servers need to take it."""

    def __init__(self, size, sender="sender@sender.test", pool=50):
        self.parts = []
        for seed in range(pool):
            head, tail = message(seed, size - 40, sender).split(b"Message-ID: <", 1)
            self.parts.append((head + b"Message-ID: <", tail))

    def __call__(self, number):
        head, tail = self.parts[number % len(self.parts)]
        stamp = b"%016x" % number
        return b"".join((head, stamp, b".", tail, stamp, b"\r\n"))


@functools.lru_cache(maxsize=None)
def letters(size, sender="sender@sender.test"):
    """Call it before processes are forked: they then have it too."""
    return Letters(size, sender)


class Lines:
    """A connection that is read by lines."""

    def __init__(self, host, port, tls):
        self.socket = socket.create_connection((host, port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.start_tls()
        else:
            self.file = self.socket.makefile("rb", 1 << 16)

    def start_tls(self):
        self.socket = CONTEXT.wrap_socket(self.socket)
        self.file = self.socket.makefile("rb", 1 << 16)

    def send(self, octets):
        self.socket.sendall(octets)

    def line(self):
        line = self.file.readline()
        if not line:
            raise EOFError("the server closed the connection")
        return line

    def until(self, tag):
        """Reads the answer of a command without looking at its lines: the octets that came, the line that begins with the tag not counted."""
        buffer, tail, octets = bytearray(1 << 18), b"", 0
        while True:
            length = self.socket.recv_into(buffer)
            if length == 0:
                raise EOFError("the server closed the connection")
            octets += length
            tail = (tail + buffer[max(0, length - 512):length])[-512:]
            if tail.endswith(b"\r\n"):
                last = tail[:-2].rsplit(b"\r\n", 1)[-1]
                if last.startswith(tag + b" "):
                    if not last.startswith(tag + b" OK"):
                        raise RuntimeError(last.decode())
                    return octets - len(last) - 2

    def close(self):
        self.file.close()
        self.socket.close()


class Smtp(Lines):
    def __init__(self, target):
        super().__init__(target.host, target.submission, tls=False)
        self.reply(b"220")

    def reply(self, code):
        while True:
            line = self.line()
            if line[3:4] != b"-":
                if not line.startswith(code):
                    raise RuntimeError("expected %s, got %s" % (code.decode(), line.decode().strip()))
                return

    def say(self, text, code):
        self.send(text.encode() + b"\r\n")
        self.reply(code)

    def sign_in(self, user, password):
        self.say("EHLO client.test", b"250")
        self.say("STARTTLS", b"220")
        self.file.close()
        self.start_tls()
        self.say("EHLO client.test", b"250")
        self.say("AUTH PLAIN " + base64.b64encode(("\0%s\0%s" % (user, password)).encode()).decode(), b"235")

    def deliver(self, sender, recipient, octets):
        self.say("MAIL FROM:<%s>" % sender, b"250")
        self.say("RCPT TO:<%s>" % recipient, b"250")
        self.say("DATA", b"354")
        self.send(octets.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        self.reply(b"250")


class Imap(Lines):
    def __init__(self, target):
        super().__init__(target.host, target.imaps, tls=True)
        self.line()

    def run(self, text):
        """The untagged lines of a command that must succeed; literals stay unread, so only for commands without any."""
        self.send(b"a " + text.encode() + b"\r\n")
        untagged = []
        while True:
            line = self.line()
            if line.startswith(b"a "):
                if not line.startswith(b"a OK"):
                    raise RuntimeError("%s: %s" % (text, line.decode().strip()))
                return untagged
            untagged.append(line)

    def login(self, user, password):
        self.run("LOGIN %s %s" % (user, password))

    def stream(self, text):
        """Runs a command whose answer is large: its octets. Nothing else may be unread."""
        self.send(b"zq9 " + text.encode() + b"\r\n")
        return self.until(b"zq9")

    def count(self, mailbox="INBOX"):
        status = [line for line in self.run("STATUS %s (MESSAGES)" % mailbox) if b"MESSAGES" in line][0]
        return int(status.rsplit(b"MESSAGES ", 1)[1].split(b")")[0])

    def empty(self):
        self.run("SELECT INBOX")
        if self.count():
            self.run("STORE 1:* +FLAGS.SILENT (\\Deleted)")
        self.run("CLOSE")

    def append(self, octets, mailbox=b"INBOX"):
        self.send(b"a APPEND %s {%d+}\r\n%s\r\n" % (mailbox, len(octets), octets))
        line = self.line()
        while not line.startswith(b"a "):
            line = self.line()
        if not line.startswith(b"a OK"):
            raise RuntimeError(line.decode().strip())


class Pop3(Lines):
    def __init__(self, target):
        super().__init__(target.host, target.pop3s, tls=True)
        self.ok()

    def ok(self):
        line = self.line()
        if not line.startswith(b"+OK"):
            raise RuntimeError(line.decode().strip())
        return line

    def say(self, text):
        self.send(text.encode() + b"\r\n")
        return self.ok()

    def body(self):
        """Octets of a multi-line answer, without its last line."""
        octets = 0
        while True:
            line = self.line()
            if line == b".\r\n":
                return octets
            octets += len(line)
