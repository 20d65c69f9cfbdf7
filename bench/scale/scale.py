#!/usr/bin/env python3
"""How the cost of common work grows with accounts, with messages in a mailbox, and with sessions, on a server that bench/compare/up.sh started.

usage: scale.py DIR/target.json [--accounts 10,1000,10000] [--messages 10000,100000,1000000] [--sessions 10,100,1000] [--only accounts,messages,sessions]
                [--seconds 5] [--results FILE] [--svg FILE]

Filling is not measured. Prints a Markdown table; --svg draws the same figures. Each figure is the median of its repetitions. With --results the figures of earlier runs
in that file are kept, so that a long measure can be made in pieces.
"""
import argparse
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "compare", "load"))
from clients import Imap, Smtp, letters, message  # noqa: E402
from measures import FORK, in_processes  # noqa: E402
from target import Target  # noqa: E402

REPEAT = 15
COLD = 3
# Accounts are added by so many connections: the hash of a password takes most of it.
ADDERS = 4
SENDERS = 10
LETTER_BYTES = 4096
# Messages of a large mailbox that differ; also how many one COPY adds.
DIFFERENT = 10_000
# Messages that sessions in IDLE are told of.
TOLD = 20


class ControlSocket(http.client.HTTPConnection):
    """The server's control socket: ten thousand accounts are too many for ten thousand processes."""

    def __init__(self, path):
        super().__init__("posthorn")
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)

    def call(self, operation, **request):
        self.request("POST", "/control/" + operation, json.dumps(request), {"Content-Type": "application/json"})
        last = self.getresponse().read().decode().strip().splitlines()[-1]
        return json.loads(last)


def milliseconds(work, repeat=REPEAT):
    taken = []
    for _ in range(repeat):
        begun = time.perf_counter()
        work()
        taken.append((time.perf_counter() - begun) * 1000)
    return statistics.median(taken)


def fetch_newest(imap, count):
    """FETCH of the newest fifty, whatever is in them."""
    imap.send(b"a FETCH %d:%d (UID FLAGS INTERNALDATE RFC822.SIZE)\r\n" % (max(1, count - 49), count))
    line = imap.line()
    while not line.startswith(b"a "):
        line = imap.line()
    if not line.startswith(b"a OK"):
        raise RuntimeError(line.decode().strip())


def account(number):
    return "scale%d@example.test" % number


def add_accounts(worker, path, password, number):
    control = ControlSocket(path)
    for n in range(worker, number, ADDERS):
        control.call("account.add", address=account(n), password=password)


def deliver(worker, target, number, seconds):
    """Submits to accounts all over, for so long: how many."""
    sender = account(worker % number)
    smtp, letter, done, stop = Smtp(target), letters(LETTER_BYTES, sender), 0, time.time() + seconds
    smtp.sign_in(sender, target.password)
    while time.time() < stop:
        smtp.deliver(sender, account((done * SENDERS + worker) * 7919 % number), letter(worker * 1000000 + done))
        done += 1
    smtp.close()
    return done


def with_accounts(target, path, number, seconds):
    in_processes(ADDERS, add_accounts, path, target.password, number)
    signed = milliseconds(lambda: sign_in(target, account(number // 2)))
    for worker in range(SENDERS):
        letters(LETTER_BYTES, account(worker % number))
    # Not counted: what each account's first message costs once.
    in_processes(SENDERS, deliver, target, number, min(seconds, 2))
    with FORK.Pool(SENDERS) as pool:
        begun, used = time.time(), target.cpu_seconds()
        done = sum(pool.starmap(deliver, [(worker, target, number, seconds) for worker in range(SENDERS)]))
        taken, used = time.time() - begun, target.cpu_seconds() - used
    return {"sign-in ms": signed, "submitted/s": done / taken, "CPU ms/message": used * 1000 / max(1, done)}


def sign_in(target, name):
    imap = Imap(target)
    imap.login(name, target.password)
    imap.close()


def fill(target, name, number, folder):
    """The first messages come by import, all different; the rest are copies of them in the same mailbox, each with rows of its own: a million imported took longer than
    all that is measured. One COPY is short enough for a client's patience; what a fill that was cut off lacks, the next one adds."""
    imap = Imap(target)
    imap.login(name, target.password)
    imap.run("SELECT INBOX")
    there = imap.count()
    if there < min(number, DIFFERENT):
        path = os.path.join(folder, "scale-%d.mbox" % number)
        with open(path, "wb") as mbox:
            for n in range(min(number, DIFFERENT)):
                mbox.write(b"From sender@sender.test Mon Mar  2 09:30:00 2026\n" + letters(400)(n).replace(b"\r\n", b"\n") + b"\n")
        subprocess.run([os.path.join(folder, "posthorn"), "import", "mbox", path, "--account", name, "--mailbox", "INBOX"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.remove(path)
        there = min(number, DIFFERENT)
    while there < number:
        some = min(DIFFERENT, number - there)
        imap.run("UID COPY 1:%d INBOX" % some)
        there += some
        print("%s: %d of %d" % (name, there, number), file=sys.stderr)
    imap.close()


def with_messages(target, control, number, folder):
    name = "large%d@example.test" % number
    control.call("account.add", address=name, password=target.password)
    fill(target, name, number, folder)
    cold, first, first_stored = [], [], []
    for _ in range(COLD):
        target.restart_now()
        # Others first: what a start costs by itself is no mailbox's.
        warm = Imap(target)
        warm.login("user0@example.test", target.password)
        warm.run("SELECT INBOX")
        warm.close()
        imap = Imap(target)
        imap.login(name, target.password)
        cold.append(milliseconds(lambda: imap.run("SELECT INBOX"), 1))
        count = imap.count()
        first.append(milliseconds(lambda: fetch_newest(imap, count), 1))
        first_stored.append(milliseconds(lambda: imap.run("STORE %d +FLAGS.SILENT (\\Answered)" % (count - 5)), 1))
        imap.close()
    imap = Imap(target)
    imap.login(name, target.password)
    warm_select = milliseconds(lambda: imap.run("SELECT INBOX"))
    count = imap.count()
    fetched = milliseconds(lambda: fetch_newest(imap, count))
    flips = iter(range(10_000))
    stored = milliseconds(lambda: imap.run("STORE %d %sFLAGS.SILENT (\\Flagged)" % (count, "+-"[next(flips) % 2])))
    status = milliseconds(lambda: imap.run("STATUS INBOX (MESSAGES UNSEEN UIDNEXT)"))
    appended = milliseconds(lambda: imap.append(message(1, 400)))
    imap.close()
    return {"first SELECT ms": statistics.median(cold), "first FETCH of 50 ms": statistics.median(first), "first STORE ms": statistics.median(first_stored), "SELECT ms": warm_select, "FETCH of 50 ms": fetched, "STORE ms": stored,
            "STATUS ms": status, "APPEND ms": appended}


def idling(target):
    imap = Imap(target)
    imap.login("user0@example.test", target.password)
    imap.run("SELECT INBOX")
    imap.send(b"i IDLE\r\n")
    imap.line()
    return imap


def with_sessions(target, number):
    # What the first connections cost the process once is no cost of a session.
    for imap in [idling(target) for _ in range(200)]:
        imap.close()
    time.sleep(2)
    before = target.pss_kib()
    idle = [idling(target) for _ in range(number)]
    time.sleep(2)
    memory = (target.pss_kib() - before) / number
    writer = Imap(target)
    writer.login("user0@example.test", target.password)
    answered, last, used = [], [], target.cpu_seconds()
    for _ in range(TOLD):
        told = []

        def wait(imap):
            while b"EXISTS" not in imap.line():
                pass
            told.append(time.perf_counter())

        waiters = [threading.Thread(target=wait, args=(imap,)) for imap in idle]
        for waiter in waiters:
            waiter.start()
        begun = time.perf_counter()
        writer.append(message(2, 400))
        answered.append((time.perf_counter() - begun) * 1000)
        for waiter in waiters:
            waiter.join()
        last.append((max(told) - begun) * 1000)
    used = target.cpu_seconds() - used
    for imap in idle:
        imap.close()
    writer.close()
    return {"KiB/session": memory, "APPEND ms": statistics.median(answered), "last told ms": statistics.median(last), "CPU ms/session told": used * 1000 / TOLD / number}


def table(axis, results):
    figures = list(next(iter(results.values())))
    lines = ["| %s | %s |" % (axis, " | ".join(figures)), "|---|" + "---|" * len(figures)]
    for number, row in results.items():
        lines.append("| %s | %s |" % ("{:,}".format(number), " | ".join("%.3g" % row[figure] for figure in figures)))
    return "\n".join(lines)


def svg(measured):
    """One panel for each axis: both scales logarithmic, so that what does not grow is a level line."""
    import math
    width, height, margin, gap = 330, 260, 46, 20
    colours = ["#1b6ca8", "#c0392b", "#27824a", "#8e44ad", "#b9770e", "#34495e", "#117864", "#d35400"]
    out = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="11">' % (len(measured) * (width + gap) + gap, height + 150),
           '<rect width="100%" height="100%" fill="#fff"/>']
    for panel, (axis, results) in enumerate(measured.items()):
        left = gap + panel * (width + gap)
        numbers = list(results)
        figures = list(next(iter(results.values())))
        values = [max(results[n][f], 1e-3) for n in numbers for f in figures]
        low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
        high = max(high, low + 1)
        first, last = math.log10(numbers[0]), max(math.log10(numbers[-1]), math.log10(numbers[0]) + 0.1)

        def place(number, value):
            x = left + margin + (math.log10(number) - first) / (last - first) * (width - margin - 10)
            return x, 20 + (high - math.log10(max(value, 1e-3))) / (high - low) * (height - 60)

        for power in range(low, high + 1):
            y = place(numbers[0], 10 ** power)[1]
            out.append('<line x1="%g" y1="%g" x2="%g" y2="%g" stroke="#ddd"/><text x="%g" y="%g" text-anchor="end">%g</text>' % (left + margin, y, left + width - 10, y, left + margin - 4, y + 4, 10 ** power))
        for number in numbers:
            x = place(number, 10 ** low)[0]
            out.append('<text x="%g" y="%g" text-anchor="middle">%s</text>' % (x, height - 24, "{:,}".format(number)))
        out.append('<text x="%g" y="%g" text-anchor="middle" font-weight="bold">%s</text>' % (left + width / 2, height - 8, axis))
        for i, figure in enumerate(figures):
            points = " ".join("%g,%g" % place(number, results[number][figure]) for number in numbers)
            colour = colours[i % len(colours)]
            out.append('<polyline fill="none" stroke="%s" stroke-width="2" points="%s"/>' % (colour, points))
            out.append('<rect x="%g" y="%g" width="10" height="10" fill="%s"/><text x="%g" y="%g">%s</text>' % (left + margin, height + 6 + i * 17, colour, left + margin + 15, height + 15 + i * 17, figure))
    return "\n".join(out + ["</svg>"])


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("target")
    options.add_argument("--accounts", default="10,1000,10000")
    options.add_argument("--messages", default="10000,100000,1000000")
    options.add_argument("--sessions", default="10,100,1000")
    options.add_argument("--only", default="accounts,messages,sessions")
    options.add_argument("--seconds", type=float, default=5)
    options.add_argument("--results")
    options.add_argument("--svg")
    given = options.parse_args()
    target = Target(given.target)
    folder = os.path.dirname(os.path.abspath(given.target))

    path = os.path.join(folder, "data", "control.sock")
    measured = {}
    if given.results and os.path.exists(given.results):
        with open(given.results) as file:
            measured = {axis: {int(number): row for number, row in results.items()} for axis, results in json.load(file).items()}
    for axis, numbers, work in (
            ("accounts", given.accounts, lambda n: with_accounts(target, path, n, given.seconds)),
            ("messages", given.messages, lambda n: with_messages(target, ControlSocket(path), n, folder)),
            ("sessions", given.sessions, lambda n: with_sessions(target, n))):
        for number in [int(text) for text in numbers.split(",") if axis in given.only.split(",")]:
            print("%s: %d ..." % (axis, number), file=sys.stderr)
            measured.setdefault(axis, {})[number] = work(number)
            if given.results:
                with open(given.results, "w") as file:
                    json.dump(measured, file, indent=1)
    measured = {axis: dict(sorted(measured[axis].items())) for axis in ("accounts", "messages", "sessions") if axis in measured}
    for axis, results in measured.items():
        print(table(axis, results) + "\n", flush=True)
    if given.svg:
        with open(given.svg, "w") as file:
            file.write(svg(measured) + "\n")


if __name__ == "__main__":
    main()
