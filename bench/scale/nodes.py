#!/usr/bin/env python3
"""Do two nodes on one database deliver more than one does, how much, and what bounds it: the same work, the same number of sessions, all to one node or half to each.

usage: nodes.py ONE/target.json TWO/target.json [--quota 0,0.5] [--sessions 20] [--seconds 6] [--rounds 3] [--only smtp,append]

Two generators do the work, each with users, inboxes and half of the sessions of its own. --quota: processors that each node may use, by a control group of the kernel (needs root);
0: whatever is free. Where nodes, database and generators share few processors, one node can use up what there is: then only nodes that are bounded show what a second one brings.
"""
import argparse
import os
import statistics
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "compare", "load"))
from clients import letters  # noqa: E402
from measures import SMTP_BYTES, append_some, counted, in_processes, inboxes, own_cpu, send_by_smtp, wait_for  # noqa: E402
from target import Target  # noqa: E402

USERS = 10


class Quota:
    """Bounds a process to a share of the processors while the block runs; nothing for a share of 0."""

    PERIOD = 20000

    def __init__(self, name, pid, processors):
        self.pid, self.processors = pid, processors
        self.second = os.path.exists("/sys/fs/cgroup/cgroup.controllers")
        self.root = "/sys/fs/cgroup" if self.second else "/sys/fs/cgroup/cpu"
        self.group = os.path.join(self.root, "posthorn-bench-" + name)

    def __enter__(self):
        if self.processors:
            os.makedirs(self.group, exist_ok=True)
            share = int(self.PERIOD * self.processors)
            if self.second:
                self.write(self.group, "cpu.max", "%d %d" % (share, self.PERIOD))
            else:
                self.write(self.group, "cpu.cfs_period_us", self.PERIOD)
                self.write(self.group, "cpu.cfs_quota_us", share)
            self.write(self.group, "cgroup.procs", self.pid)
        return self

    def __exit__(self, *_):
        if self.processors:
            self.write(self.root, "cgroup.procs", self.pid)
            os.rmdir(self.group)

    @staticmethod
    def write(folder, name, value):
        with open(os.path.join(folder, name), "w") as file:
            file.write(str(value))


class Processors:
    """What each part uses of the processors while a block runs."""

    def __init__(self, parts):
        self.parts = parts

    def __enter__(self):
        self.begin, self.own, self.before = time.monotonic(), own_cpu(), {name: part.cpu_seconds() for name, part in self.parts.items()}
        return self

    def __exit__(self, *_):
        self.seconds = time.monotonic() - self.begin
        self.used = {name: part.cpu_seconds() - self.before[name] for name, part in self.parts.items()}
        self.used["generators"] = own_cpu() - self.own


def part(target, word):
    """Of a target those processes whose pid file is called so."""
    only = target.with_users(0, target.users)
    only.pidfiles = [path for path in target.pidfiles if word in os.path.basename(path)]
    return only


def by_smtp(shares, count, sessions):
    failed = []

    def send(share):
        try:
            send_by_smtp(share, count // 2, sessions // 2, SMTP_BYTES, True)
        except RuntimeError as failure:
            failed.append(failure)

    threads = [threading.Thread(target=send, args=(share,)) for share in shares]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


def append_to(number, shares, messages):
    append_some(number // 2, shares[number % 2], messages, None)


def by_append(shares, count, sessions):
    in_processes(sessions, append_to, shares, count // sessions)


WORK = {"smtp": by_smtp, "append": by_append}


def run(work, nodes, sessions, count):
    """Does the work, half of it on the first node and half on the last; returns the messages and what the parts used of the processors."""
    shares = [nodes[0].with_users(0, USERS), nodes[-1].with_users(USERS, USERS)]
    watched = [inboxes(share, USERS) for share in shares]
    parts = {"node %d" % number: part(node, "posthorn") for number, node in enumerate(nodes, 1)}
    parts.update({"database": part(nodes[0], "postgres"), "bucket": part(nodes[0], "s3")})
    count -= count % (2 * sessions)
    with Processors(parts) as processors:
        work(shares, count, sessions)
        for clients in watched:
            wait_for(clients, count // 2)
    for client in [client for clients in watched for client in clients]:
        client.close()
    return count, processors


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("one")
    options.add_argument("two")
    options.add_argument("--quota", default="0,0.5")
    options.add_argument("--sessions", type=int, default=20)
    options.add_argument("--seconds", type=float, default=6)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--only", default="smtp,append")
    given = options.parse_args()
    one, two = Target(given.one), Target(given.two)
    letters(SMTP_BYTES)
    print("%d processors, %d sessions, messages of %d octets, %d rounds of about %g s, arrangements in turn; medians, in brackets lowest and highest\n"
          % (os.cpu_count(), given.sessions, SMTP_BYTES, given.rounds, given.seconds))
    print("| work | each node may use | nodes | messages a second | ratio | processors used: nodes | database | generators | node ms/message | database ms/message |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for name in given.only.split(","):
        for quota in [float(text) for text in given.quota.split(",")]:
            compare(name, WORK[name], one, two, quota, given)


def compare(name, work, one, two, quota, given):
    arrangements, measured = {1: [one], 2: [one, two]}, {1: [], 2: []}
    with Quota("one", pid_of(one), quota), Quota("two", pid_of(two), quota):
        # A warm-up of both, which says how many messages a piece of work has: the same for both.
        rates = []
        for nodes in arrangements.values():
            count, processors = run(work, nodes, given.sessions, 1000)
            rates.append(count / processors.seconds)
        count = counted(min(rates), given.seconds, 400, 20000)
        for round_number in range(given.rounds):
            for number in ([1, 2] if round_number % 2 == 0 else [2, 1]):
                measured[number].append(run(work, arrangements[number], given.sessions, count))
    first = None
    for number, runs in measured.items():
        rates = [done / processors.seconds for done, processors in runs]
        first = first or statistics.median(rates)
        used = {key: statistics.median(processors.used[key] / processors.seconds for _, processors in runs) for key in runs[0][1].used}
        each = {key: statistics.median(processors.used[key] / done * 1000 for done, processors in runs) for key in runs[0][1].used}
        print("| %s | %s | %d | %.0f (%.0f–%.0f) | %.2f | %s | %.2f | %.2f | %.2f | %.2f |" % (
            name, "%g of %d processors" % (quota, os.cpu_count()) if quota else "all that is free", number, statistics.median(rates), min(rates), max(rates),
            statistics.median(rates) / first, " + ".join("%.2f" % used[key] for key in used if key.startswith("node")), used["database"], used["generators"],
            sum(each[key] for key in each if key.startswith("node")), each["database"]), flush=True)


def pid_of(target):
    with open(target.pidfiles[0]) as file:
        return int(file.read())


if __name__ == "__main__":
    main()
