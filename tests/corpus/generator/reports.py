"""Bounces, receipts of reading, feedback and absence: multipart/report and what looks like it."""
from . import mime
from .everyday import YOU
from .mime import Dice, common, fields, message, multipart, part, text

REASONS = [
    ("failed", "5.1.1", "550 5.1.1 <nobody@example.org>: no such user here", "nobody@example.org"),
    ("failed", "5.2.2", "552 5.2.2 mailbox full", "full@example.net"),
    ("delayed", "4.4.1", "connect to mx.example.com[192.0.2.9]:25: timed out", "slow@example.com"),
    ("failed", "5.7.1", "554 5.7.1 message refused: looks like spam", "strict@harbour.example"),
    ("delivered", "2.0.0", "250 2.0.0 Ok: stored", "kim@example.org"),
    ("relayed", "2.0.0", "250 2.0.0 passed on to a host without DSN", "old@example.org"),
    ("expanded", "2.0.0", "250 2.0.0 list expanded", "list@choir.example"),
    ("failed", "5.4.14", "hop count exceeded, mail loop", "loop@example.com"),
]


def reports():
    for number, (action, status, diagnostic, who) in enumerate(REASONS):
        dice = Dice(f"report-{number}")
        original = common(dice, YOU, who, "Minutes of the meeting", 500 + number * 60, trace=False)
        human = f"This is the mail system at mx.example.com.\n\nYour message to <{who}> was {action}:\n\n    {diagnostic}\n"
        machine = (fields([("Reporting-MTA", "dns; mx.example.com"), ("X-Queue-ID", dice.hex(10)), ("Arrival-Date", mime.at(500 + number * 60))]) + b"\r\n"
                   + fields([("Original-Recipient", f"rfc822;{who}"), ("Final-Recipient", f"rfc822; {who}"), ("Action", action), ("Status", status),
                             ("Remote-MTA", "dns; mx.example.org"), ("Diagnostic-Code", f"smtp; {diagnostic}")]) + b"\r\n")
        back = part("text/rfc822-headers", fields(original)) if number % 2 else part("message/rfc822", message(original, text("The minutes.\n")))
        pairs = common(dice, "Mail Delivery System <MAILER-DAEMON@mx.example.com>", "you@example.test",
                       {"failed": "Undelivered Mail Returned to Sender", "delayed": "Delayed Mail (still being retried)"}.get(action, "Delivery report"), 501 + number * 60)
        pairs[0] = ("Return-Path", "<>")
        pairs.append(("Auto-Submitted", "auto-replied"))
        content = multipart("report", mime.boundary(dice), text(human, encoding="7bit"), part("message/delivery-status", machine), back, extra="; report-type=delivery-status")
        yield f"reports/dsn-{number}-{action}", message(pairs, content)
    for disposition in ("displayed", "deleted", "dispatched", "failed"):
        dice = Dice(f"mdn-{disposition}")
        machine = fields([("Reporting-UA", "mail.example.org; Letterbox 2.1"), ("Original-Recipient", "rfc822;kim@example.org"), ("Final-Recipient", "rfc822;kim@example.org"),
                          ("Original-Message-ID", f"<{dice.hex(16)}@example.test>"), ("Disposition", f"manual-action/MDN-sent-manually; {disposition}")])
        pairs = common(dice, "Kim <kim@example.org>", YOU, f"Read: Invoice ({disposition})", 620) + [("Auto-Submitted", "auto-replied")]
        yield f"reports/mdn-{disposition}", message(pairs, multipart("report", mime.boundary(dice), text("Your message was shown on a screen.\n"),
                                                    part("message/disposition-notification", machine), extra="; report-type=disposition-notification"))
    pairs = common(Dice("ask"), "Kim <kim@example.org>", YOU, "Please confirm", 621) + [("Disposition-Notification-To", "Kim <kim@example.org>"), ("Return-Receipt-To", "kim@example.org")]
    yield "reports/mdn-requested", message(pairs, text("Tell me when you have read this.\n"))
    machine = fields([("Feedback-Type", "abuse"), ("User-Agent", "Complaints/1.0"), ("Version", "1"), ("Original-Mail-From", "<news@teacupboard.example>"),
                      ("Arrival-Date", mime.at(600)), ("Source-IP", "192.0.2.7"), ("Reported-Domain", "teacupboard.example")])
    inner = message(common(Dice("abuse"), "news@teacupboard.example", YOU, "News", 600), text("Buy tea.\n"))
    yield "reports/arf-abuse", message(common(Dice("arf"), "feedback@example.net", "abuse@example.test", "Complaint about a message", 622),
                                       multipart("report", "arf", text("A reader pressed the button.\n"), part("message/feedback-report", machine), part("message/rfc822", inner), extra="; report-type=feedback-report"))
    away = common(Dice("away"), "Micha <micha@example.org>", YOU, "Away until Monday (was: Invoice)", 623)
    yield "reports/absence", message(away + [("Auto-Submitted", "auto-replied"), ("Precedence", "junk"), ("X-Autoreply", "yes")], text("I am away and read mail again on Monday.\n"))
    old = common(Dice("qmail"), "MAILER-DAEMON@old.example", "you@example.test", "failure notice", 624)
    yield "reports/plain-bounce", message(old, b"\r\nHi. I could not deliver your message to the following addresses.\r\n\r\n<nobody@old.example>:\r\nno mailbox here by that name.\r\n\r\n--- Below this line is a copy of the message.\r\n\r\nSubject: Hello\r\n\r\nText\r\n", mime=False)
    yield "reports/report-without-status", message(common(Dice("half"), "MAILER-DAEMON@example.com", YOU, "Undeliverable", 625),
                                                   multipart("report", "half", text("Something failed.\n"), extra="; report-type=delivery-status"))
