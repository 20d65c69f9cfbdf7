#!/usr/bin/env python3
"""The search index: how fast it is made, how large it is, what SEARCH costs with it and without it.

    python3 bench/search/measure.py --messages 10000 --posthorn src/Posthorn/bin/Release/net10.0/posthorn.dll

Works in a temporary folder and on loopback ports; the server that it starts ends with it."""
import argparse, bisect, http.client, imaplib, itertools, json, os, random, shutil, socket, ssl, statistics, subprocess, sys, tempfile, time

ADDRESS, PASSWORD = "you@example.test", "correct horse battery"
RARE = "quixotry"
SEARCHES = [
    ("TEXT, a word in 1 of 100", 'TEXT "%s"' % RARE),
    ("TEXT, inside a word", 'TEXT "uixotr"'),
    ("TEXT, nowhere", 'TEXT "zzyzxq"'),
    ("TEXT, in every message", 'TEXT "example"'),
    ("BODY, a phrase in 1 of 100", 'BODY "%s and"' % RARE),
    ("FROM, 1 of 50", 'FROM "sender7@"'),
    ("SUBJECT, 1 of 100", 'SUBJECT "%s"' % RARE),
    ("OR of two words, not seen", 'UNSEEN OR TEXT "%s" TEXT "zzyzxq"' % RARE),
]


# As a person types them: the first 50 hits, with their rows.
QUERIES = [RARE, "uixotr", "example", "from:sender7@ is:unread", "subject:%s after:2023-12-01" % RARE, "example -%s in:inbox" % RARE, '"%s and other"' % RARE, "zzyzxq"]


class Control(http.client.HTTPConnection):
    """The control socket of the server."""

    def __init__(self, path):
        super().__init__("localhost")
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


class Words:
    """Made-up words whose frequency falls as in a language."""

    def __init__(self, count, chance):
        syllables = ["ba", "co", "den", "el", "fi", "gor", "ha", "in", "jo", "kal", "lu", "mer", "no", "or", "pi", "qua", "ren", "sto", "ta", "ul", "ver", "wi"]
        self.words = ["".join(chance.choice(syllables) for _ in range(chance.randint(1, 5))) for _ in range(count)]
        self.sums = list(itertools.accumulate(1 / (rank + 3) for rank in range(count)))
        self.chance = chance

    def __next__(self):
        return self.words[bisect.bisect(self.sums, self.chance.random() * self.sums[-1])]


def message(number, words, chance):
    size = chance.choices([3_000, 12_000, 60_000], [70, 25, 5])[0]
    lines, length, line = [], 0, []
    while length < size:
        line.append(next(words))
        if len(line) == 11:
            lines.append(" ".join(line) + (" %x" % chance.getrandbits(40) if chance.random() < 0.1 else ""))
            length += len(lines[-1]) + 2
            line = []
    if number % 100 == 0:
        lines.insert(len(lines) // 2, "some %s and other words" % RARE)
    text = "\n".join(lines)
    head = ["From: Some One <sender%d@sender%d.test>" % (number % 50, number % 40), "To: You <you@example.test>",
            "Subject: %s%s" % (" ".join(next(words) for _ in range(5)), " " + RARE if number % 100 == 50 else ""),
            "Date: %s" % time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(1_700_000_000 + number * 400)),
            "Message-ID: <%d.%x@sender.test>" % (number, chance.getrandbits(64)), "MIME-Version: 1.0"]
    if number % 3:
        return "\n".join(head + ["Content-Type: text/plain; charset=utf-8", "", text, ""])
    return "\n".join(head + ['Content-Type: multipart/alternative; boundary="b%d"' % number, "", "--b%d" % number, "Content-Type: text/plain; charset=utf-8", "",
                             text[:len(text) // 3], "--b%d" % number, "Content-Type: text/html; charset=utf-8", "",
                             "<html><body><p>%s</p></body></html>" % text.replace("\n", "</p>\n<p>"), "--b%d--" % number, ""])


class Server:
    def __init__(self, arguments, folder, index):
        self.command, self.folder = ["dotnet", arguments.posthorn], folder
        self.port = free_port()
        listener = {"address": "127.0.0.1", "port": 0}
        self.config = os.path.join(folder, "posthorn.json")
        with open(self.config, "w") as file:
            json.dump({"dataFolder": os.path.join(folder, "data"), "store": arguments.store, "search": {"index": index}, "telemetry": {"logLevel": "Warning"},
                       "listeners": {name: listener for name in ("smtp", "submission", "submissions", "imap", "pop3", "pop3s", "web", "metrics")}
                       | {"imaps": {"address": "127.0.0.1", "port": self.port}}}, file)

    def run(self, *words, text=None):
        done = subprocess.run([*self.command, *words, "--config", self.config, "--json"], input=text, capture_output=True, text=True)
        if done.returncode:
            sys.exit("%s: %s%s" % (" ".join(words), done.stdout, done.stderr))
        return json.loads(done.stdout) if done.stdout.strip().startswith(("{", "[")) else done.stdout

    def __enter__(self):
        self.process = subprocess.Popen([*self.command, "serve", "--config", self.config], stdout=subprocess.DEVNULL)
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return self
            except OSError:
                time.sleep(0.1)
        sys.exit("The server does not start.")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def searches(self, rounds):
        trust = ssl.create_default_context()
        trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
        client = imaplib.IMAP4_SSL("127.0.0.1", self.port, ssl_context=trust)
        client.login(ADDRESS, PASSWORD)
        client.select("INBOX")
        results = {}
        for name, program in SEARCHES:
            times = []
            for _ in range(rounds):
                begin = time.perf_counter()
                found = client.uid("SEARCH", program)[1][0].split()
                times.append((time.perf_counter() - begin) * 1000)
            results[name] = (len(found), statistics.median(times))
        client.logout()
        return results


    def queries(self, rounds):
        results = {}
        for query in QUERIES:
            times = []
            for _ in range(rounds):
                control = Control(os.path.join(self.folder, "data", "control.sock"))
                begin = time.perf_counter()
                control.request("POST", "/control/search.find", json.dumps({"account": ADDRESS, "query": query, "most": 50}), {"Content-Type": "application/json"})
                found = json.loads(control.getresponse().read().decode().strip().split("\n")[-1])["result"]
                times.append((time.perf_counter() - begin) * 1000)
                control.close()
            results[query] = (len(found["messages"]), statistics.median(times))
        return results


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--posthorn", required=True, help="posthorn.dll")
    parser.add_argument("--store", default="", help="connection string of an empty PostgreSQL database; without it the embedded store")
    parser.add_argument("--times", type=int, default=1, help="bring the messages in so many times")
    parser.add_argument("--without", action="store_true", help="search without the index too")
    parser.add_argument("--folder", help="keep the store there, and use what an earlier run left in it")
    arguments = parser.parse_args()
    folder = arguments.folder or tempfile.mkdtemp(prefix="posthorn-search-")
    server = Server(arguments, folder, index=False)
    if not os.path.exists(os.path.join(folder, "data")):
        chance = random.Random(20260102)
        words = Words(60_000, chance)
        mbox = os.path.join(folder, "mail.mbox")
        with open(mbox, "w") as file:
            for number in range(arguments.messages):
                file.write("From sender@sender.test Fri Jan  2 03:04:05 2026\n%s\n" % message(number, words, chance))
        server.run("domain", "add", "example.test")
        server.run("account", "add", ADDRESS, text=PASSWORD + "\n")
        for _ in range(arguments.times):
            server.run("import", "mbox", mbox, "--account", ADDRESS, "--mailbox", "INBOX", "--restart")
    size, count = os.path.getsize(os.path.join(folder, "mail.mbox")) * arguments.times, arguments.messages * arguments.times
    print("%d messages, %.1f MB" % (count, size / 1e6), flush=True)
    with server:
        begin = time.perf_counter()
        server.run("search", "rebuild")
        seconds = time.perf_counter() - begin
        status = server.run("search", "status")[0]
        print("index: %.0f messages/s (%.1f s), %d segments, %.1f MB, %.3f of the mail"
              % (count / seconds, seconds, status["segments"], status["bytes"] / 1e6, status["bytes"] / size), flush=True)
        server.searches(1)
        with_index = server.searches(5)
        queries = server.queries(5)
    without = {}
    if arguments.without:
        shutil.rmtree(os.path.join(folder, "data", "search"))
        with server:
            without = server.searches(1)
    print("| search | found | with the index, ms | without, ms |\n|---|---|---|---|")
    for name, (found, median) in with_index.items():
        if name in without and without[name][0] != found:
            sys.exit("%s: %d with, %d without" % (name, found, without[name][0]))
        print("| %s | %d | %.1f | %s |" % (name, found, median, "%.0f" % without[name][1] if name in without else ""))
    print("| query | shown | ms |\n|---|---|---|")
    for query, (shown, median) in queries.items():
        print("| `%s` | %d | %.1f |" % (query, shown, median))
    if not arguments.folder:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
