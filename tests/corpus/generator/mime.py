"""Octets of messages: headers, encoded words, parameters, parts. Everything ends its lines with CRLF."""
import base64
import random
import zlib
from datetime import datetime, timedelta, timezone

EPOCH = datetime(2024, 3, 4, 7, 30, tzinfo=timezone.utc)
DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


class Dice:
    """Choices from a seed. Only random() is used: its sequence is the same in every Python."""

    def __init__(self, seed):
        self.source = random.Random(zlib.crc32(str(seed).encode()))

    def number(self, low, high):
        return low + int(self.source.random() * (high - low + 1))

    def one(self, choices):
        return choices[self.number(0, len(choices) - 1)]

    def some(self, choices, count):
        left = list(choices)
        return [left.pop(self.number(0, len(left) - 1)) for _ in range(min(count, len(left)))]

    def hex(self, length):
        return "".join(self.one("0123456789abcdef") for _ in range(length))

    def octets(self, length):
        return bytes(self.number(0, 255) for _ in range(length))


def at(hours, zone=0):
    """RFC 5322 date-time, hours after the epoch of the collection, in a zone given in minutes."""
    t = EPOCH + timedelta(hours=hours, minutes=zone)
    sign = "-" if zone < 0 else "+"
    return (f"{DAYS[t.weekday()]}, {t.day} {MONTHS[t.month - 1]} {t.year} {t:%H:%M:%S} "
            f"{sign}{abs(zone) // 60:02}{abs(zone) % 60:02}")


def crlf(text, charset="utf-8"):
    data = text.encode(charset) if isinstance(text, str) else text
    return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def b64(data, width=76):
    text = base64.b64encode(data)
    return b"".join(text[i:i + width] + b"\r\n" for i in range(0, len(text), width))


def qp(data):
    """Quoted-printable; line ends stay line ends."""
    out = []
    for line in data.split(b"\r\n"):
        current = b""
        for position, octet in enumerate(line):
            last = position == len(line) - 1
            plain = 33 <= octet <= 126 and octet != 61 or octet in (32, 9) and not last
            token = bytes([octet]) if plain else b"=%02X" % octet
            if len(current) + len(token) > (76 if last else 75):
                out.append(current + b"=")
                current = b""
            current += token
        out.append(current)
    return b"\r\n".join(out)


def word(text, charset, encoding):
    """Encoded words, each at most 75 characters long and whole in itself (RFC 2047 section 5)."""
    words, start = [], 0
    while start < len(text):
        end = start + 1
        while end <= len(text) and len(one_word(text[start:end], charset, encoding)) <= 75:
            end += 1
        words.append(one_word(text[start:max(end - 1, start + 1)], charset, encoding))
        start = max(end - 1, start + 1)
    return "\r\n ".join(words)


def one_word(text, charset, encoding):
    data = text.encode(charset)
    if encoding == "B":
        return f"=?{charset}?B?{base64.b64encode(data).decode()}?="
    safe = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!*+-/"
    body = "".join(chr(o) if o in safe else "_" if o == 32 else f"={o:02X}" for o in data)
    return f"=?{charset}?Q?{body}?="


def percent(data):
    safe = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"
    return [chr(o) if o in safe else f"%{o:02X}" for o in data]


def parameter(name, value, charset="utf-8", language="", width=None):
    """RFC 2231: one extended parameter, or continuations of at most width characters."""
    tokens = percent(value.encode(charset))
    if width is None:
        return f"{name}*={charset}'{language}'{''.join(tokens)}"
    pieces, current = [], ""
    for token in tokens:
        if len(current) + len(token) > width:
            pieces.append(current)
            current = ""
        current += token
    pieces.append(current)
    return ";\r\n ".join(f"{name}*{i}*={(charset + chr(39) + language + chr(39)) if i == 0 else ''}{p}" for i, p in enumerate(pieces))


def fields(pairs):
    """A header. Values are str (written as UTF-8) or bytes."""
    out = b""
    for name, value in pairs:
        data = value if isinstance(value, bytes) else value.encode("utf-8")
        out += name.encode() + b": " + data + b"\r\n"
    return out


def message(pairs, body=b"", mime=True):
    pairs = list(pairs)
    if mime:
        pairs.append(("MIME-Version", "1.0"))
    return fields(pairs) + body


def part(content_type, body, encoding=None, *more):
    """A part: its header, the empty line, its body."""
    pairs = [("Content-Type", content_type)]
    if encoding:
        pairs.append(("Content-Transfer-Encoding", encoding))
    pairs.extend(more)
    return fields(pairs) + b"\r\n" + body


def text(content, subtype="plain", charset="utf-8", encoding="quoted-printable", extra=""):
    data = crlf(content, charset)
    if encoding == "base64":
        data = b64(data)
    elif encoding == "quoted-printable":
        data = qp(data)
    return part(f"text/{subtype}; charset={charset}{extra}", data, encoding)


def attachment(content_type, data, name, *more, disposition="attachment"):
    return part(content_type, b64(data), "base64", ("Content-Disposition", f"{disposition}; {name}"), *more)


def multipart(subtype, boundary, *parts, extra="", preamble=b"", epilogue=b""):
    delimiter = b"--" + boundary.encode()
    body = preamble + b"".join(delimiter + b"\r\n" + p + (b"" if p.endswith(b"\r\n") else b"\r\n") for p in parts)
    return part(f'multipart/{subtype}; boundary="{boundary}"{extra}', body + delimiter + b"--\r\n" + epilogue)


def boundary(dice):
    return dice.one(["----=_Part_{0}_{1}.{2}", "=_{0}{1}", "b1_{0}{1}{2}", "00000000000{0}{1}", "Apple-Mail-{0}"]).replace(
        "Apple-Mail", "Mail").format(dice.hex(8), dice.hex(6), dice.hex(4))


def common(dice, sender, recipient, subject, hours, zone=60, trace=True, message_id=None):
    """The header fields every ordinary message has, with the trace lines a delivered one has."""
    domain = sender.rsplit("@", 1)[1].rstrip(">")
    pairs = []
    if trace:
        pairs += [
            ("Return-Path", f"<{sender.rsplit('<', 1)[-1].rstrip('>')}>"),
            ("Received", f"from mail.{domain} (mail.{domain} [192.0.2.{dice.number(1, 254)}])\r\n\tby mx.example.test with ESMTPS "
                         f"id {dice.hex(12)}\r\n\tfor <you@example.test>; {at(hours)}"),
        ]
    pairs += [
        ("Message-ID", message_id or f"<{dice.hex(16)}@{domain}>"),
        ("Date", at(hours, zone)),
        ("From", sender),
        ("To", recipient),
        ("Subject", subject),
    ]
    return pairs
