"""Header fields: dates, identifiers, addresses and subjects as they come, good and bad."""
from . import mime
from .everyday import YOU
from .mime import Dice, common, message, text

DATES = [
    ("two-digit-year", "Mon, 4 Mar 24 08:00:00 +0100"), ("three-digit-year", "Tue, 4 Mar 124 08:00:00 +0100"), ("no-zone", "Mon, 4 Mar 2024 08:00:00"),
    ("named-zone", "Mon, 4 Mar 2024 08:00:00 EST"), ("military-zone", "Mon, 4 Mar 2024 08:00:00 Z"), ("unknown-zone", "Mon, 4 Mar 2024 08:00:00 MESZ"),
    ("zone-comment", "Mon, 4 Mar 2024 08:00:00 +0100 (CET)"), ("no-weekday", "4 Mar 2024 08:00:00 +0100"), ("wrong-weekday", "Fri, 4 Mar 2024 08:00:00 +0100"),
    ("no-seconds", "Mon, 4 Mar 2024 08:00 +0100"), ("leap-second", "Sat, 31 Dec 2016 23:59:60 +0000"), ("month-13", "Mon, 4 13 2024 08:00:00 +0100"),
    ("day-31-of-february", "Sat, 31 Feb 2024 08:00:00 +0100"), ("hour-25", "Mon, 4 Mar 2024 25:61:61 +0100"), ("zone-9999", "Mon, 4 Mar 2024 08:00:00 +9999"),
    ("iso", "2024-03-04T08:00:00+01:00"), ("unix", "1709535600"), ("asctime", "Mon Mar  4 08:00:00 2024"), ("other-language", "Mo, 4 März 2024 08:00:00 +0100"),
    ("year-9999", "Fri, 31 Dec 9999 23:59:59 -1200"), ("year-1", "Mon, 1 Jan 0001 00:00:00 +1400"), ("year-1970", "Thu, 1 Jan 1970 00:00:00 +0000"),
    ("folded", "Mon,\r\n 4\r\n Mar 2024\r\n 08 : 00 : 00\r\n +0100"), ("comments", "Mon (a), (b) 4 Mar (c) 2024 08:00:00 (d) +0100"), ("empty", ""), ("words", "yesterday evening"),
    ("huge-number", "Mon, 99999999999999999999 Mar 2024 08:00:00 +0100"),
]

IDS = [
    ("no-brackets", "abc@example.org"), ("no-at", "<abcdef>"), ("spaces", "< abc def @ example.org >"), ("empty", "<>"), ("nothing", ""),
    ("two", "<one@example.org> <two@example.org>"), ("quoted", '<"very odd"@example.org>'), ("literal", "<abc@[192.0.2.1]>"), ("duplicate", "<same@example.org>"),
    ("duplicate-again", "<same@example.org>"), ("long", "<" + "x" * 900 + "@example.org>"), ("unclosed", "<abc@example.org"), ("folded", "\r\n <abc@example.org>"),
]

FROMS = [
    ("group", "Team: a@example.org, B <b@example.org>;"), ("empty-group", "undisclosed-recipients:;"), ("several", "a@example.org, b@example.org"), ("route", "<@relay.example,@b.example:c@example.org>"),
    ("quoted-local", '"j. o. e."@example.org'), ("comment-name", "joe@example.org (Joe (the second))"), ("no-address", "Just a name"), ("empty", ""), ("only-brackets", "<>"),
    ("two-at", "a@b@example.org"), ("unbalanced-quote", '"Joe <joe@example.org>'), ("unbalanced-bracket", "Joe <joe@example.org"), ("dots", "a..b.@example.org"),
    ("domain-literal", "joe@[IPv6:2001:db8::1]"), ("at-in-name", '"friend@example.test" <stranger@elsewhere.example>'), ("name-with-dot", "J. Oe <joe@example.org>"),
    ("long-local", "x" * 300 + "@example.org"), ("newline-trick", '"a\\\r\n b" <joe@example.org>'), ("semicolons", "a@example.org; b@example.org"), ("idn", "joe@xn--bcher-kva.example"),
]


def headers():
    def mail(name, change, body="See the header.\n"):
        fields = dict(common(Dice(name), "Friend <friend@example.test>", YOU, name.split("/")[1], 800, trace=False))
        for field, value in change.items():
            if value is None:
                fields.pop(field, None)
            else:
                fields[field] = value
        return name, message(fields.items(), text(body, encoding="7bit"))

    for name, value in DATES:
        yield mail(f"headers/date-{name}", {"Date": value})
    yield mail("headers/date-missing", {"Date": None})
    for name, value in IDS:
        yield mail(f"headers/id-{name}", {"Message-ID": value})
    yield mail("headers/id-missing", {"Message-ID": None})
    for name, value in FROMS:
        yield mail(f"headers/from-{name}", {"From": value})
    yield mail("headers/from-missing", {"From": None})
    yield mail("headers/to-undisclosed", {"To": "undisclosed-recipients:;"})
    yield mail("headers/to-missing", {"To": None, "Bcc": "you@example.test"})
    yield mail("headers/to-thousand", {"To": ",\r\n ".join(f'"Member {i}" <member{i}@lists.example.org>' for i in range(1000))})
    yield mail("headers/to-nested-groups", {"To": "A: one@example.org, B: two@example.org;;, three@example.org", "Cc": "Empty:;, , ,four@example.org"})
    yield mail("headers/subject-long", {"Subject": "\r\n ".join(["a very long subject that goes on"] * 400)})
    yield mail("headers/subject-long-unfolded", {"Subject": "unfolded " * 800})
    yield mail("headers/subject-missing", {"Subject": None})
    yield mail("headers/subject-empty", {"Subject": ""})
    yield mail("headers/subject-re-re", {"Subject": "RE: Re: AW: Fwd: [users] re[4]: SV: Antw: Plan (fwd)"})
    yield mail("headers/references-500", {"References": "\r\n ".join(f"<{i}.thread@example.org>" for i in range(500)), "In-Reply-To": "<499.thread@example.org>"})
    yield mail("headers/references-broken", {"References": "<a@example.org <b@example.org> c@example.org>, <>", "In-Reply-To": "Your message of Monday <x@example.org>"})
    yield mail("headers/references-itself", {"Message-ID": "<self@example.org>", "References": "<self@example.org>", "In-Reply-To": "<self@example.org>"})
    yield mail("headers/resent", {"Resent-From": "kim@example.org", "Resent-To": "you@example.test", "Resent-Date": mime.at(801), "Resent-Message-ID": "<resent@example.org>"})
    yield mail("headers/authentication-results-forged", {"Authentication-Results": "mx.example.test; spf=pass smtp.mailfrom=bank.example; dkim=pass header.d=bank.example", "X-Spam-Flag": "NO"})
    yield mail("headers/many-fields", {f"X-Field-{i}": f"value {i}" for i in range(2000)})
    yield mail("headers/status-fields", {"Status": "RO", "X-Status": "AF", "X-Keywords": "work later", "X-UID": "42", "X-IMAP": "1709535600 42"})
    yield mail("headers/received-starts-with-fold", {"Received": "\r\n\tfrom a.example by b.example; Mon, 4 Mar 2024 08:00:00 +0100"})
    hop = [("Received", f"from relay{i}.example.org by relay{i + 1}.example.org; {mime.at(800)}") for i in range(100)]
    yield "headers/received-100", message(hop + common(Dice("hops"), "Friend <friend@example.test>", YOU, "A hundred hops", 800, trace=False), text("See the header.\n"))
