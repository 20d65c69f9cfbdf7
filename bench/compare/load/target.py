"""A server under load: where it listens, and what its processes use."""
import copy
import json
import os
import subprocess

TICKS = os.sysconf("SC_CLK_TCK")


class Target:
    # Users are counted from here.
    first_user = 0

    def __init__(self, path):
        with open(path) as file:
            self.__dict__.update(json.load(file))

    def address(self, number):
        return self.user % (self.first_user + number % self.users)

    def with_users(self, first, users):
        """The same server for a generator that has these users alone: two that empty each other's inboxes never see all their messages there."""
        part = copy.copy(self)
        part.first_user, part.users = first, users
        return part

    def processes(self):
        """The processes of the pid files and all their descendants."""
        children = {}
        for name in os.listdir("/proc"):
            if name.isdigit():
                fields = stat_of(int(name))
                if fields:
                    children.setdefault(int(fields[1]), []).append(int(name))
        found, waiting = [], []
        for path in self.pidfiles:
            with open(path) as file:
                waiting.append(int(file.read().split()[0]))
        while waiting:
            pid = waiting.pop()
            found.append(pid)
            waiting += children.get(pid, [])
        return found

    def cpu_seconds(self):
        """User and system time of them all, with that of their children that have ended."""
        ticks = 0
        for pid in self.processes():
            fields = stat_of(pid)
            if fields:
                ticks += sum(int(value) for value in fields[11:15])
        return ticks / TICKS

    def pss_kib(self):
        """Proportional set size: shared pages count in parts."""
        total = 0
        for pid in self.processes():
            try:
                with open("/proc/%d/smaps_rollup" % pid) as file:
                    total += sum(int(line.split()[1]) for line in file if line.startswith("Pss:"))
            except OSError:
                continue
        return total

    def restart_now(self):
        subprocess.run(self.restart, shell=True, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def stat_of(pid):
    """Fields of /proc/PID/stat behind the name: state, parent, ...; None: it has ended."""
    try:
        with open("/proc/%d/stat" % pid) as file:
            return file.read().rsplit(")", 1)[1].split()
    except OSError:
        return None


class SyncCount:
    """Counts the sync calls of a server while the block runs, with strace. Slows it: never in a run that is timed."""

    def __init__(self, target):
        self.target, self.count = target, 0

    def __enter__(self):
        pids = [argument for pid in self.target.processes() for argument in ("-p", str(pid))]
        self.strace = subprocess.Popen(
            ["strace", "-f", "-qq", "-e", "trace=fsync,fdatasync,sync_file_range,msync", "-e", "signal=none", *pids],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.lines = []
        import threading
        self.reader = threading.Thread(target=lambda: self.lines.extend(self.strace.stderr), daemon=True)
        self.reader.start()
        import time
        time.sleep(1.5)
        return self

    def __exit__(self, *_):
        self.strace.terminate()
        self.strace.wait()
        self.reader.join(5)
        calls = ("fsync(", "fdatasync(", "sync_file_range(", "msync(")
        self.count = sum(1 for line in self.lines if any(call in line for call in calls) and "resumed" not in line)
