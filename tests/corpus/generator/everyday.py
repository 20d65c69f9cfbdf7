"""What comes on an ordinary day: letters and threads, newsletters, receipts, parcels, invitations, lists."""
from . import files, mime
from .mime import Dice, at, attachment, common, crlf, message, multipart, part, text
from .words import GOODS, NEWS, PEOPLE, SHOPS, TOPICS, money

YOU = "You <you@example.test>"


def quote(body):
    return "".join(">" + ("" if line.startswith(">") else " ") + line + "\n" for line in body.rstrip("\n").split("\n"))


def threads():
    """Letters and their answers, with In-Reply-To and References; some flowed, some with an HTML twin, some quoted at the bottom."""
    for number, (topic, sentences) in enumerate(TOPICS):
        dice = Dice(f"thread-{number}")
        name, address = PEOPLE[number % len(PEOPLE)]
        friend = f"{name} <{address}>"
        references, body, hours = [], "", number * 190 + dice.number(0, 12)
        for step in range(dice.number(4, 6)):
            sender, recipient = (friend, YOU) if step % 2 == 0 else (YOU, friend)
            new = f"Hello {'you' if step % 2 == 0 else name},\n\n" + " ".join(dice.some(sentences, 3)) + "\n\n" + dice.one(
                ["Best wishes", "See you", "Cheers", "Until then"]) + "\n" + (name if step % 2 == 0 else "You") + "\n"
            quoted = f"On {at(hours)}, {recipient.split(' <')[0]} wrote:\n{quote(body)}\n" if step else ""
            body = new + "\n" + quoted if dice.number(0, 2) else quoted + new
            pairs = common(dice, sender, recipient, ("Re: " if step else "") + topic, hours, trace=step % 2 == 0)
            message_id = dict(pairs)["Message-ID"]
            if step:
                pairs += [("In-Reply-To", references[-1]), ("References", "\r\n ".join(references))]
            if step == 1:
                pairs += [("User-Agent", "Letterbox/2.1"), ("Cc", "Sasha <sasha@example.net>")]
            references.append(message_id)
            yield f"threads/{number:02}-{step}", message(pairs, letter_body(dice, step, body))
            hours += dice.number(2, 30)


def letter_body(dice, step, body):
    kind = (step + dice.number(0, 3)) % 4
    if kind == 0:
        return text(body, encoding="8bit", charset="us-ascii")
    if kind == 1:
        flowed = "\n".join(flow(line) for line in body.split("\n"))
        return text(flowed, encoding="7bit", extra="; format=flowed; delsp=no")
    html = "<html><body>" + "".join(f"<p>{line}</p>\n" for line in body.split("\n") if line and not line.startswith(">")) + "</body></html>\n"
    if kind == 2:
        return multipart("alternative", mime.boundary(dice), text(body), text(html, "html"))
    return multipart("alternative", mime.boundary(dice), text(body + "\n-- \nGrüße von unterwegs\n"), text(html, "html", encoding="base64"))


def flow(line, width=66):
    """Soft line breaks: a space before the line end (RFC 3676 section 4.1)."""
    if line.startswith(">") or len(line) <= width:
        return line.rstrip() if line != "-- " else line
    out, current = [], ""
    for token in line.split(" "):
        if len(current) + len(token) > width:
            out.append(current)
            current = ""
        current += token + " "
    return "\n".join(out + [current.rstrip()])


def newsletters():
    for number in range(28):
        dice = Dice(f"news-{number}")
        shop, domain = SHOPS[number % len(SHOPS)]
        title, teaser = NEWS[(number * 3 + number // 8) % len(NEWS)]
        link = f"https://www.{domain}/n/{dice.hex(10)}"
        plain = f"{title}\n{'=' * len(title)}\n\n{teaser}\n\nRead on: {link}\n\nYou get this letter because you asked for it.\nNo more letters: {link}/stop\n"
        html = newsletter_html(shop, title, teaser, link, number)
        sender = f'"{shop}" <news@{domain}>'
        pairs = common(dice, sender, "you@example.test", title if number % 5 else mime.word(f"{title} – {shop}", "utf-8", "Q"), 40 + number * 61)
        pairs += [
            ("List-ID", f"{shop} <news.{domain}>"),
            ("List-Unsubscribe", f"<{link}/stop>, <mailto:stop@{domain}?subject=stop>"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
            ("Precedence", "bulk"),
            ("Feedback-ID", f"{number}:campaign:{domain}"),
        ]
        bound = mime.boundary(dice)
        if number % 4 == 3:
            picture = attachment("image/png", files.png(48 + number, 16, (30 + number * 4, 90, 140)), 'filename="logo.png"',
                                 ("Content-ID", f"<logo.{number}@{domain}>"), disposition="inline")
            related = multipart("related", bound + ".r", text(html.replace("LOGO", f"cid:logo.{number}@{domain}"), "html"), picture, extra='; type="text/html"')
            body = multipart("alternative", bound, text(plain), related)
        elif number % 7 == 5:
            body = text(html.replace("LOGO", f"https://static.{domain}/logo.png"), "html", encoding="base64")
        else:
            body = multipart("alternative", bound, text(plain, encoding="8bit"), text(html.replace("LOGO", f"https://static.{domain}/logo.png"), "html"))
        yield f"newsletters/{number:02}-{domain.split('.')[0]}", message(pairs, body)


def newsletter_html(shop, title, teaser, link, number):
    colour = f"#{(number * 37) % 200:02x}{(number * 91) % 160:02x}{(number * 53) % 220:02x}"
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>.box{{max-width:600px;margin:auto;font-family:Georgia,serif}} h1{{color:{colour}}} @media (max-width:480px){{.box{{padding:8px}}}}</style></head>
<body style="margin:0;background:#f4f1ea">
<div style="display:none">{teaser[:60]}&#8203;&nbsp;&zwnj;</div>
<table class="box" role="presentation" width="600" cellpadding="0" cellspacing="0">
<tr><td><img src="LOGO" alt="{shop.replace('&', '&amp;')}" width="48" height="16"></td></tr>
<tr><td><h1>{title}</h1><p>{teaser}</p><p><a href="{link}" style="background:{colour};color:#fff;padding:10px 18px">Read on</a></p></td></tr>
<tr><td style="font-size:12px;color:#777">{shop.replace('&', '&amp;')} · Harbour Street 5 · <a href="{link}/stop">No more letters</a></td></tr>
</table><img src="{link}/open.gif" width="1" height="1" alt="">
</body></html>
"""


def receipts():
    for number in range(22):
        dice = Dice(f"receipt-{number}")
        shop, domain = SHOPS[(number * 3) % len(SHOPS)]
        order = f"{dice.number(10000, 99999)}-{number:02}"
        bought = [(goods, dice.number(1, 3)) for goods in dice.some(GOODS, dice.number(1, 4))]
        total = sum(price * count for (_, price), count in bought)
        lines = [f"{count} x {name:<28}{money(price * count):>10}" for (name, price), count in bought]
        plain = f"Thank you for your order {order}.\n\n" + "\n".join(lines) + f"\n{'-' * 42}\nTotal €{money(total):>35}\n\nThe invoice is attached.\n"
        rows = "".join(f"<tr><td>{count}</td><td>{name}</td><td align=right>{money(price * count)}</td></tr>" for (name, price), count in bought)
        html = f"<html><body><h2>Order {order}</h2><table border=1 cellpadding=4>{rows}<tr><td colspan=2>Total</td><td><b>&euro;{money(total)}</b></td></tr></table></body></html>\n"
        pairs = common(dice, f"{shop.replace('&', 'and')} <orders@{domain}>", YOU, f"Your order {order}", 90 + number * 77)
        pairs += [("Auto-Submitted", "auto-generated"), ("X-Auto-Response-Suppress", "All"), ("Reply-To", f"help+{order}@{domain}")]
        bound = mime.boundary(dice)
        body = multipart("alternative", bound + "-a", text(plain), text(html, "html"))
        if number % 2 == 0:
            invoice = files.pdf([shop, f"Invoice {order}"] + lines + [f"Total EUR {money(total)}"])
            body = multipart("mixed", bound, body, attachment(f'application/pdf; name="invoice-{order}.pdf"', invoice, f'filename="invoice-{order}.pdf"'))
        yield f"receipts/{number:02}-{domain.split('.')[0]}", message(pairs, body)


def shipping():
    states = ["is on its way", "will arrive today between 10:00 and 12:00", "waits at your neighbour's", "could not be delivered", "has been delivered"]
    for number in range(16):
        dice = Dice(f"parcel-{number}")
        code, state = f"PX{dice.number(10 ** 8, 10 ** 9 - 1)}EX", states[number % len(states)]
        plain = f"Parcel {code} {state}.\n\nFollow it: https://parcels.example/t/{code}\n"
        pairs = common(dice, "Parcel Runner <no-reply@parcels.example>", "you@example.test", f"Your parcel {state}", 120 + number * 83, zone=0)
        pairs += [("Auto-Submitted", "auto-generated"), ("X-Priority", "1" if number % 5 == 1 else "3"), ("Importance", "high" if number % 5 == 1 else "normal")]
        html = f"<html><body><p>Parcel <code>{code}</code> <strong>{state}</strong>.</p><p><a href=\"https://parcels.example/t/{code}\">Follow it</a></p></body></html>\n"
        body = text(plain, encoding="7bit", charset="us-ascii") if number % 3 == 0 else multipart("alternative", mime.boundary(dice), text(plain), text(html, "html"))
        yield f"shipping/{number:02}", message(pairs, body)


def calendar(method, uid, title, start, dice, sequence=0, rule="", zone=False):
    person = "ATTENDEE;CN=You;ROLE=REQ-PARTICIPANT;PARTSTAT={};RSVP=TRUE:mailto:you@example.test"
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Harbour Office//Diary 3//EN", "CALSCALE:GREGORIAN", f"METHOD:{method}"]
    if zone:
        lines += ["BEGIN:VTIMEZONE", "TZID:Europe/Berlin", "BEGIN:STANDARD", "DTSTART:19961027T030000", "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100",
                  "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU", "END:STANDARD", "BEGIN:DAYLIGHT", "DTSTART:19810329T020000", "TZOFFSETFROM:+0100",
                  "TZOFFSETTO:+0200", "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", "END:DAYLIGHT", "END:VTIMEZONE"]
    prefix, suffix = (";TZID=Europe/Berlin:", "") if zone else (":", "Z")
    lines += ["BEGIN:VEVENT", f"UID:{uid}", f"DTSTAMP:{start}T060000Z", f"SEQUENCE:{sequence}", f"DTSTART{prefix}{start}T140000{suffix}",
              f"DTEND{prefix}{start}T150000{suffix}", f"SUMMARY:{title}", "ORGANIZER;CN=Noa:mailto:noa@harbour.example",
              person.format({"REQUEST": "NEEDS-ACTION", "REPLY": "ACCEPTED", "CANCEL": "NEEDS-ACTION", "COUNTER": "TENTATIVE"}[method]),
              "LOCATION:Room 3\\, second floor", "DESCRIPTION:Agenda:\\n1. last month\\n2. the fence\\n3. money\\, as always",
              f"STATUS:{'CANCELLED' if method == 'CANCEL' else 'CONFIRMED'}"]
    if rule:
        lines.append(f"RRULE:{rule}")
    if method == "REQUEST":
        lines += ["BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:Reminder", "TRIGGER:-PT15M", "END:VALARM"]
    lines += ["END:VEVENT", "END:VCALENDAR", ""]
    return b"\r\n".join(fold(line) for line in lines)


def fold(line):
    """Content lines fold at 75 octets (RFC 5545 section 3.1)."""
    data, out = line.encode(), b""
    while len(data) > 75:
        cut = 75
        while data[cut] & 0xC0 == 0x80:
            cut -= 1
        out, data = out + data[:cut] + b"\r\n ", data[cut:]
    return out + data


def invitations():
    titles = ["Team lunch", "Garden meeting", "Planning for March", "Réunion de quartier", "Call with the printers", "Chor: Generalprobe für das Konzert"]
    for number in range(18):
        dice = Dice(f"invitation-{number}")
        title = titles[number % len(titles)]
        method = ["REQUEST", "REQUEST", "CANCEL", "REPLY", "REQUEST", "COUNTER"][number % 6]
        rule = ["", "FREQ=WEEKLY;COUNT=8;BYDAY=TU", "FREQ=MONTHLY;BYDAY=1TU"][number % 3] if method == "REQUEST" else ""
        data = calendar(method, f"{dice.hex(20)}@harbour.example", title, f"2024{4 + number // 3:02}{3 + number:02}", dice, number % 4, rule, number % 2 == 1)
        prefix = {"REQUEST": "Invitation: ", "CANCEL": "Cancelled: ", "REPLY": "Accepted: ", "COUNTER": "New time: "}[method]
        subject = prefix + title
        pairs = common(dice, "Noa <noa@harbour.example>", YOU, subject if subject.isascii() else mime.word(subject, "utf-8", "B"), 150 + number * 71)
        view = part(f"text/calendar; charset=utf-8; method={method}", mime.b64(data) if number % 2 else data, "base64" if number % 2 else "8bit")
        bound = mime.boundary(dice)
        alternative = multipart("alternative", bound, text(f"{title}\nRoom 3, second floor\n"), text(f"<p><b>{title}</b><br>Room 3, second floor</p>\n", "html"), view)
        if number % 3 == 0:
            file = attachment('application/ics; name="invite.ics"', data, 'filename="invite.ics"')
            alternative = multipart("mixed", bound + "m", alternative, file)
        yield f"invitations/{number:02}-{method.lower()}", message(pairs, view if number % 6 == 4 else alternative)


def lists():
    """Mailing lists: List-* fields, subject tags, footers, digests (multipart/digest)."""
    for number in range(22):
        dice = Dice(f"list-{number}")
        name, address = dice.one(PEOPLE)
        topic, sentences = TOPICS[number % len(TOPICS)]
        host = ["lists.choir.example", "lists.allotments.example", "lists.example.org"][number % 3]
        tag = ["choir", "plots", "users"][number % 3]
        pairs = common(dice, f"{name} via {tag} <{tag}@{host}>" if number % 4 == 2 else f"{name} <{address}>", f"{tag}@{host}",
                       f"[{tag}] {'Re: ' if number % 2 else ''}{topic}", 170 + number * 53, zone=[-480, 0, 60, 330, 540][number % 5])
        pairs += [
            ("Sender", f"{tag}-bounces@{host}"), ("Precedence", "list"), ("List-Id", f"The {tag} list <{tag}.{host}>"),
            ("List-Post", f"<mailto:{tag}@{host}>"), ("List-Help", f"<mailto:{tag}-request@{host}?subject=help>"),
            ("List-Subscribe", f"<https://{host}/{tag}>,\r\n <mailto:{tag}-request@{host}?subject=subscribe>"),
            ("List-Unsubscribe", f"<https://{host}/options/{tag}>"), ("List-Archive", f"<https://{host}/archive/{tag}>"),
            ("X-List-Software", "Round Robin 3.1"), ("Reply-To", f"{name} <{address}>"),
        ]
        if number % 2:
            pairs += [("References", f"<{dice.hex(12)}@example.org>\r\n\t<{dice.hex(12)}@example.org>"), ("In-Reply-To", f"<{dice.hex(12)}@example.org>")]
        body = " ".join(dice.some(sentences, 3)) + "\n"
        footer = f"_______________________________________________\n{tag} mailing list\nhttps://{host}/{tag}\n"
        if number % 7 == 6:
            inner = [part("message/rfc822", message(common(dice, f"{p} <{a}>", f"{tag}@{host}", topic, 160 + number * 53, trace=False), text(dice.one(sentences) + "\n", encoding="7bit")))
                     for p, a in dice.some(PEOPLE, 3)]
            bound = mime.boundary(dice)
            content = multipart("mixed", bound, text(f"Today's topics:\n  1. {topic}\n"), multipart("digest", bound + ".d", *inner), text(footer))
        elif number % 3 == 1:
            content = multipart("mixed", mime.boundary(dice), text(body), text(footer, encoding="7bit"), preamble=b"This is a multi-part message in MIME format.\r\n")
        else:
            content = text(body + "\n" + footer, charset=["us-ascii", "iso-8859-1", "utf-8"][number % 3], encoding="7bit")
        yield f"lists/{number:02}-{tag}", message(pairs, content)
