#!/usr/bin/env python3
"""Writes the sample mail: tests/corpus/<kind>/*.eml and the demo mailbox. Standard library only; the same octets on every run.

make.py          writes the files, removes those no longer made
make.py --check  says which files differ; status 1 if any does
make.py --count  one line for each kind
"""
import sys
from pathlib import Path

sys.dont_write_bytecode = True

from generator.broken import broken
from generator.charsets import charsets
from generator.demo import demo
from generator.everyday import invitations, lists, newsletters, receipts, shipping, threads
from generator.headers import headers
from generator.hostile import hostile
from generator.reports import reports
from generator.secure import secured
from generator.structure import attachments, pictures, structures

HERE = Path(__file__).resolve().parent
DEMO = HERE.parent.parent / "src" / "Posthorn" / "Demo" / "mail"
KINDS = [threads, newsletters, receipts, shipping, invitations, lists, reports, charsets, attachments, pictures, structures, secured, headers, broken, hostile]


def wanted():
    files = {}
    for kind in KINDS:
        for name, data in kind():
            path = HERE / f"{name}.eml"
            assert path not in files, name
            files[path] = data
    for name, data in demo():
        files[DEMO / f"{name}.eml"] = data
    return files


def present():
    return {path for root in (HERE, DEMO) for path in root.rglob("*.eml")}


def main():
    files = wanted()
    if "--count" in sys.argv:
        folders = [path.parent.name for path in files]
        for folder in dict.fromkeys(folders):
            print(f"{folder:12} {folders.count(folder)}")
        return 0
    if "--check" in sys.argv:
        wrong = [path for path, data in files.items() if not path.exists() or path.read_bytes() != data] + sorted(present() - set(files))
        for path in wrong:
            print(f"differs: {path}", file=sys.stderr)
        return 1 if wrong else 0
    for path in present() - set(files):
        path.unlink()
    for path, data in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
