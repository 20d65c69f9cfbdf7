"""The measures: each does bounded work on one target, checks that it was done, and returns figures by name."""
import multiprocessing
import os
import subprocess
import tempfile
import time

from clients import Imap, Pop3, Smtp, letters, message
from target import SyncCount

SMTP_BYTES = 4096
FORK = multiprocessing.get_context("fork")


class Watch:
    """Time and the server's processor time over a block."""

    def __init__(self, target):
        self.target = target

    def __enter__(self):
        self.cpu, self.begin, self.own = self.target.cpu_seconds(), time.monotonic(), own_cpu()
        return self

    def __exit__(self, *_):
        self.seconds = time.monotonic() - self.begin
        self.own = (own_cpu() - self.own) / self.seconds / os.cpu_count()
        self.cpu = self.target.cpu_seconds() - self.cpu


def own_cpu():
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def in_processes(count, work, *arguments):
    """Runs work(number, *arguments) in so many processes at once; their results. The first failure is raised."""
    with FORK.Pool(count) as pool:
        return pool.starmap(work, [(number, *arguments) for number in range(count)])


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def counted(rate, seconds, least, most):
    return int(max(least, min(most, rate * seconds)))


# SMTP on the MX port, plain, by Postfix's smtp-source: one process for each recipient.
def send_by_smtp(target, count, sessions, size, keep):
    recipients = min(sessions, 10)
    with tempfile.TemporaryDirectory() as folder:
        running = []
        for number in range(recipients):
            path = os.path.join(folder, str(number))
            with open(path, "wb") as file:
                file.write(message(number, size).replace(b"\r\n", b"\n"))
            share = count // recipients + (number < count % recipients)
            if share:
                running.append(subprocess.Popen(
                    ["smtp-source", "-s", str(max(1, sessions // recipients)), "-m", str(share), "-M", "client.test", "-f", "sender@sender.test",
                     "-t", target.address(number), "-F", path] + (["-d"] if keep else []) + ["%s:%d" % (target.host, target.smtp)]))
        if any(process.wait() for process in running):
            raise RuntimeError("smtp-source failed")
    return recipients


def inboxes(target, count):
    opened = []
    for number in range(count):
        client = Imap(target)
        client.login(target.address(number), target.password)
        client.empty()
        opened.append(client)
    return opened


def wait_for(clients, count):
    deadline = time.monotonic() + 120
    while sum(client.count() for client in clients) < count:
        if time.monotonic() > deadline:
            raise RuntimeError("not all messages arrived")
        time.sleep(0.03)


def smtp(target, seconds, sessions=10, size=SMTP_BYTES, keep=False):
    """Messages a second until all are visible, and processor time a message."""
    clients = inboxes(target, min(sessions, 10))
    begin = time.monotonic()
    send_by_smtp(target, 500, sessions, size, keep)
    wait_for(clients, 500)
    count = counted(500 / (time.monotonic() - begin), seconds, 300, 20000)
    for client in clients:
        client.empty()
    with Watch(target) as watch:
        send_by_smtp(target, count, sessions, size, keep)
        accepted = time.monotonic() - watch.begin
        wait_for(clients, count)
    for client in clients:
        client.close()
    return {"delivered_per_s": count / watch.seconds, "accepted_per_s": count / accepted, "cpu_ms": watch.cpu / count * 1000,
            "messages": count, "generator_share": watch.own}


def submit(number, target, messages, per_connection):
    times = []
    address = target.address(number)
    letter = letters(SMTP_BYTES, address)
    for first in range(0, messages, per_connection):
        begin = time.monotonic()
        client = Smtp(target)
        client.sign_in(address, target.password)
        for index in range(first, min(first + per_connection, messages)):
            client.deliver(address, address, letter(number * 100000 + index))
            times.append(time.monotonic() - begin)
            begin = time.monotonic()
        client.say("QUIT", b"221")
        client.close()
    return times


def submission(target, seconds, per_connection=1, processes=10):
    """Submissions a second, TLS and a sign-in for each connection."""
    clients = inboxes(target, processes)
    for number in range(processes):
        letters(SMTP_BYTES, target.address(number))
    begin = time.monotonic()
    in_processes(processes, submit, target, 20, per_connection)
    each = counted(20 / (time.monotonic() - begin), seconds, 20, 2000)
    each -= each % per_connection if each > per_connection else 0
    for client in clients:
        client.empty()
    with Watch(target) as watch:
        times = sum(in_processes(processes, submit, target, each, per_connection), [])
        accepted = time.monotonic() - watch.begin
        wait_for(clients, each * processes)
    for client in clients:
        client.close()
    count = each * processes
    return {"accepted_per_s": count / accepted, "delivered_per_s": count / watch.seconds, "cpu_ms": watch.cpu / count * 1000,
            "p50_ms": percentile(times, 0.5) * 1000, "p99_ms": percentile(times, 0.99) * 1000, "messages": count, "generator_share": watch.own}


def append_some(number, target, messages, user):
    times = []
    letter = letters(SMTP_BYTES)
    client = Imap(target)
    client.login(target.address(number if user is None else user), target.password)
    for index in range(messages):
        octets = letter(number * 100000 + index)
        begin = time.monotonic()
        client.append(octets)
        times.append(time.monotonic() - begin)
    client.close()
    return times


def append(target, seconds, connections=4, user=None):
    """APPENDs a second by four connections, into four inboxes or one."""
    clients = inboxes(target, connections)
    letters(SMTP_BYTES)
    begin = time.monotonic()
    in_processes(connections, append_some, target, 125, user)
    each = counted(125 / (time.monotonic() - begin), seconds, 125, 5000)
    for client in clients:
        client.empty()
    with Watch(target) as watch:
        times = sum(in_processes(connections, append_some, target, each, user), [])
    wait_for(clients, each * connections)
    for client in clients:
        client.close()
    count = each * connections
    return {"per_s": count / watch.seconds, "cpu_ms": watch.cpu / count * 1000, "p50_ms": percentile(times, 0.5) * 1000,
            "p99_ms": percentile(times, 0.99) * 1000, "messages": count, "generator_share": watch.own}


def sign_in_often(number, target, times):
    for _ in range(times):
        client = Imap(target)
        client.login(target.address(number), target.password)
        client.run("LOGOUT")
        client.close()


def login(target, seconds, processes=4):
    """Connections a second: TLS, LOGIN, LOGOUT."""
    begin = time.monotonic()
    in_processes(processes, sign_in_often, target, 20)
    each = counted(20 / (time.monotonic() - begin), seconds, 20, 5000)
    with Watch(target) as watch:
        in_processes(processes, sign_in_often, target, each)
    count = each * processes
    return {"per_s": count / watch.seconds, "cpu_ms": watch.cpu / count * 1000, "logins": count, "generator_share": watch.own}


def pop3(target, seconds, messages=2000):
    """RETRs a second, one by one and fifty at a time: the whole maildrop again and again, each for so many seconds."""
    (client,) = inboxes(target, 1)
    client.close()
    in_processes(1, append_some, target, messages, 0)
    session = Pop3(target)
    session.say("USER " + target.address(0))
    session.say("PASS " + target.password)
    retrieve(session, 1, 200, 1)
    with Watch(target) as single:
        ones, octets = retrieve_for(session, seconds, messages, 1)
    with Watch(target) as pipelined:
        many, again = retrieve_for(session, seconds, messages, 50)
    if octets / ones != again / many or octets < ones * SMTP_BYTES:
        raise RuntimeError("not all octets came")
    session.say("QUIT")
    session.close()
    return {"per_s": ones / single.seconds, "cpu_ms": single.cpu / ones * 1000, "pipelined_per_s": many / pipelined.seconds,
            "pipelined_cpu_ms": pipelined.cpu / many * 1000, "messages": ones}


def retrieve_for(session, seconds, messages, at_once):
    """How many messages, and their octets."""
    count, octets, end = 0, 0, time.monotonic() + seconds
    while count == 0 or time.monotonic() < end:
        octets += retrieve(session, 1, messages, at_once)
        count += messages
    return count, octets


def retrieve(session, first, last, at_once):
    octets = 0
    for number in range(first, last + 1, at_once):
        batch = range(number, min(number + at_once, last + 1))
        session.send(b"".join(b"RETR %d\r\n" % each for each in batch))
        for _ in batch:
            session.ok()
            octets += session.body()
    return octets


# A large mailbox: "mid" holds 10,000 different messages, "big" ten copies of each. "big" serves for what needs no body: a server may share bodies.
MID, BIG, LARGE_USER = 10000, 100000, 19


def fill(number, target, processes):
    sizes = [4096] * 14 + [12288] * 5 + [61440]
    client = Imap(target)
    client.login(target.address(LARGE_USER), target.password)
    for index in range(number, MID, processes):
        client.append(letters(sizes[index % len(sizes)], "writer%d@sender.test" % (index % 10))(index), b"mid")
    client.close()


def large_mailboxes(target):
    """Makes them where they are not there yet."""
    client = Imap(target)
    client.login(target.address(LARGE_USER), target.password)
    names = b"".join(client.run('LIST "" *'))
    if b"mid" not in names:
        client.run("CREATE mid")
        client.run("CREATE big")
        for index in range(20 * 10):
            letters([4096, 12288, 61440][index % 3], "writer%d@sender.test" % (index % 10))
        in_processes(4, fill, target, 4)
    if client.count("mid") != MID:
        raise RuntimeError("mid does not hold what it should")
    client.run("SELECT mid")
    while client.count("big") < BIG:
        client.run("COPY 1:* big")
    client.run("UNSELECT")
    return client


def timed(client, times, *commands):
    """Medians of milliseconds of the last command; those before it are not timed. And the octets of its answer."""
    taken, octets = [], 0
    for _ in range(times):
        for command in commands[:-1]:
            client.stream(command)
        begin = time.monotonic()
        octets = client.stream(commands[-1])
        taken.append((time.monotonic() - begin) * 1000)
    return percentile(taken, 0.5), octets


def large(target, seconds):
    """Mailboxes of 10,000 and 100,000 messages: milliseconds of each command, from its sending to the end of its answer."""
    client = large_mailboxes(target)
    figures = {}
    client.stream("SELECT big")
    client.stream("UNSELECT")
    client.stream("SELECT big")
    figures["select_big_ms"], _ = timed(client, 15, "UNSELECT", "SELECT big")
    with Watch(target) as watch:
        figures["fetch_flags_big_ms"], octets = timed(client, 5, "FETCH 1:* (FLAGS UID)")
    figures["fetch_flags_big_cpu_ms"] = watch.cpu / 5 * 1000
    if octets < BIG * 20:
        raise RuntimeError("FETCH FLAGS gave too little")
    client.stream("SELECT mid")
    with Watch(target) as watch:
        figures["envelope_mid_ms"], octets = timed(client, 5, "FETCH 1:* (ENVELOPE)")
    figures["envelope_mid_cpu_ms"] = watch.cpu / 5 * 1000
    with Watch(target) as watch:
        taken, octets = timed(client, 3, "UID FETCH 1:* (BODY.PEEK[])")
    if octets < MID * 8000:
        raise RuntimeError("FETCH BODY gave too little")
    figures["bodies_mb_per_s"], figures["bodies_cpu_ms_per_mb"] = octets / 1e6 / taken * 1000, watch.cpu / 3 * 1000 / (octets / 1e6)
    figures["search_from_ms"], octets = timed(client, 5, 'SEARCH FROM "writer7"')
    figures["search_text_ms"], _ = timed(client, 3, 'SEARCH TEXT "zebra"')
    figures["store_mid_ms"], _ = timed(client, 5, "STORE 1:* -FLAGS (\\Flagged)", "STORE 1:* +FLAGS (\\Flagged)")
    figures["store_silent_mid_ms"], _ = timed(client, 5, "STORE 1:* -FLAGS.SILENT (\\Flagged)", "STORE 1:* +FLAGS.SILENT (\\Flagged)")
    client.close()
    return figures


def idlers(target, count):
    waiting = []
    for number in range(count):
        client = Imap(target)
        client.login(target.address(number % 20), target.password)
        client.run("SELECT INBOX")
        client.send(b"i IDLE\r\n")
        client.line()
        waiting.append(client)
    return waiting


def idle_many(target, seconds, connections=10000):
    """Memory of so many connections in IDLE over TLS, each with a mailbox selected: of all of them, the server included."""
    target.restart_now()
    waiting = idlers(target, connections)
    time.sleep(5)
    total = target.pss_kib()
    for client in waiting:
        client.close()
    return {"total_mib": total / 1024, "pss_kib": total / connections, "connections": connections}


def idle(target, seconds, connections=2000):
    """Memory of a connection in IDLE over TLS, and how soon a hundred of one account hear of a new message."""
    target.restart_now()
    warm = Imap(target)
    warm.login(target.address(1), target.password)
    warm.empty()
    # What the first connections cost the process once (code, caches) is no cost of a connection.
    for client in idlers(target, 200):
        client.close()
    time.sleep(2)
    before = target.pss_kib()
    waiting = idlers(target, connections)
    time.sleep(5)
    after = target.pss_kib()
    listeners = [client for number, client in enumerate(waiting) if number % 20 == 1]
    begin = time.monotonic()
    warm.append(message(1, SMTP_BYTES))
    heard = []
    for client in listeners:
        while b"EXISTS" not in client.line():
            pass
        heard.append(time.monotonic() - begin)
    for client in waiting:
        client.close()
    warm.close()
    return {"pss_kib": (after - before) / connections, "notified_p50_ms": percentile(heard, 0.5) * 1000, "notified_last_ms": max(heard) * 1000,
            "connections": connections, "listeners": len(listeners)}


def syncs(target, seconds, messages=400):
    """Sync calls a message, at 10 sessions of SMTP and 4 connections of APPEND."""
    figures = {}
    clients = inboxes(target, 10)
    with SyncCount(target) as count:
        send_by_smtp(target, messages, 10, SMTP_BYTES, False)
        wait_for(clients, messages)
    figures["smtp_per_message"] = count.count / messages
    with SyncCount(target) as count:
        in_processes(4, append_some, target, messages // 4, None)
    figures["append_per_message"] = count.count / messages
    for client in clients:
        client.close()
    return figures


ALL = {
    "smtp 4K, 1 session": lambda target, seconds: smtp(target, seconds, sessions=1),
    "smtp 4K, 10 sessions": lambda target, seconds: smtp(target, seconds, sessions=10),
    "smtp 4K, 50 sessions": lambda target, seconds: smtp(target, seconds, sessions=50),
    "smtp 50K, 10 sessions": lambda target, seconds: smtp(target, seconds, sessions=10, size=50 * 1024),
    "smtp 4K, 10 sessions, kept": lambda target, seconds: smtp(target, seconds, sessions=10, keep=True),
    "submission, one a connection": lambda target, seconds: submission(target, seconds),
    "submission, 20 a connection": lambda target, seconds: submission(target, seconds, per_connection=20),
    "append, 4 inboxes": lambda target, seconds: append(target, seconds),
    "append, 1 inbox": lambda target, seconds: append(target, seconds, user=0),
    "login": login,
    "pop3": pop3,
    "large": large,
    "idle": idle,
    "syncs": syncs,
}

# Run only where --only names them: they take long, or much memory of the peers.
ON_REQUEST = {
    "many idle": idle_many,
}
