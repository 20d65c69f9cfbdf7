"""The mailbox of the demo: about forty letters worth looking at.

The first lines of each file are for DemoMail, which takes them off: X-Demo-Mailbox, X-Demo-Flags, X-Demo-Age (days.hours:minutes before now). It also
writes the Date field, and puts the date n days from now for @DAY+n@.
"""
from . import files, mime
from .everyday import calendar, newsletter_html, quote
from .mime import Dice, attachment, fields, multipart, part, text
from .words import GOODS, SHOPS, money

YOU, FRIEND = "You <you@example.test>", "Friend <friend@example.test>"


def letter(mailbox, age, flags, sender, recipient, subject, content, message_id=None, more=()):
    domain = sender.rsplit("@", 1)[1].rstrip(">")
    pairs = [("X-Demo-Mailbox", mailbox), ("X-Demo-Flags", flags), ("X-Demo-Age", age),
             ("Message-ID", message_id or f"<{Dice(subject + age).hex(16)}@{domain}>"), ("From", sender), ("To", recipient),
             ("Subject", subject if subject.isascii() else mime.word(subject, "utf-8", "Q")), *more, ("MIME-Version", "1.0")]
    return fields(pairs) + content


def conversation(name, subject, ages, turns, seen=True):
    """Letters back and forth, the friend first; what you wrote lies in Sent."""
    references, last = [], ""
    for step, (age, body) in enumerate(zip(ages, turns)):
        mine = step % 2 == 1
        sender, recipient = (YOU, FRIEND) if mine else (FRIEND, YOU)
        message_id = f"<{Dice(name + str(step)).hex(14)}@example.test>"
        more = [("In-Reply-To", references[-1]), ("References", "\r\n ".join(references))] if step else []
        full = body + (f"\n{'Friend' if mine else 'You'} wrote:\n{quote(last)}" if step else "")
        flags = "\\Seen" if mine else "\\Seen \\Answered" if step < len(turns) - 1 else "\\Seen" if seen else ""
        content = text(full) if step % 3 else multipart("alternative", f"alt-{name}-{step}", text(full), text("".join(f"<p>{p}</p>\n" for p in body.strip().split("\n\n")), "html"))
        yield f"{name}-{step}", letter("Sent" if mine else "INBOX", age, flags, sender, recipient, ("Re: " if step else "") + subject, content, message_id, more)
        references.append(message_id)
        last = body


def conversations():
    yield from conversation("walk", "Saturday's walk", ["2.09:12", "2.07:30", "1.22:05", "1.20:40", "0.01:20"], [
        "Hello,\n\nshall we take the early train on Saturday and walk from the second stop? The path along the river is open again.\n\nSee you\n",
        "Good idea! I bring bread and cheese, you bring the thermos?\n",
        "Deal. If it rains we turn back at the mill and take the bus.\n\nThe 7:42 would be best, platform 3.\n",
        "7:42 it is. I asked Noa too, she says maybe.\n",
        "Wonderful. The forecast says sun until four. ☀\n\nDon't forget the map in the hall, mine is ten years old.\n"], seen=False)
    yield from conversation("leaflet", "Draft of the leaflet", ["6.10:00", "6.03:15", "5.21:40", "5.02:10"], [
        "Hi,\n\nI moved the opening hours to the front, they are what people look for. Could you read the paragraph about fees?\n",
        "Reads well. I would say \"free for children\" instead of \"no charge under 14\".\n",
        "Changed. From the printer I hear that grey paper costs the same, shall we?\n",
        "Yes, grey. 400 copies, 350 went last time.\n"])
    yield from conversation("soup", "The lentil soup", ["19.20:00", "19.18:30", "18.08:00"], [
        "How much cumin was it? Mine tastes of nothing.\n", "One spoon, toasted. And lemon at the very end, that is what you forgot. :-)\n", "It was the lemon. Thank you!\n"])
    yield from conversation("bicycle", "Your bicycle", ["33.12:00", "33.09:00"], ["It is ready, they even found a bell.\n", "Great, I fetch it at six.\n"])


def shops():
    news = [("What is new this month", "Longer opening hours, a reading on the 12th, and a shelf of things at half price."),
            ("Three ideas for a rainy weekend", "Bind a notebook, bake a plum cake, or mend the lamp that has waited since spring."),
            ("How we choose our suppliers", "A visit to two workshops, what we pay, and why some things have become dearer."),
            ("Timetable from October", "Hourly until six, every two hours after that; the night run returns on Fridays."),
            ("Twelve plants for a shady balcony", "Ferns, foxgloves and a climbing hydrangea that nobody manages to kill.")]
    for number, (title, teaser) in enumerate(news):
        shop, domain = SHOPS[(number * 2 + 1) % len(SHOPS)]
        logo = attachment("image/png", files.png(48, 16, (40 + number * 30, 110, 150)), 'filename="logo.png"', ("Content-ID", f"<logo@{domain}>"), disposition="inline")
        html = newsletter_html(shop, title, teaser, f"https://www.{domain}/n/{number}", number).replace("LOGO", f"cid:logo@{domain}")
        html = html.replace(f'<img src="https://www.{domain}/n/{number}/open.gif" width="1" height="1" alt="">', "")
        content = multipart("alternative", f"news-{number}", text(f"{title}\n\n{teaser}\n\nhttps://www.{domain}/n/{number}\n"),
                            multipart("related", f"news-{number}-r", text(html, "html"), logo, extra='; type="text/html"'))
        more = [("List-ID", f"{shop} <news.{domain}>"), ("List-Unsubscribe", f"<https://www.{domain}/stop>"), ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")]
        yield f"news-{number}", letter("INBOX" if number < 3 else "Newsletters", f"{number * 3}.0{number + 3}:15", "" if number == 0 else "\\Seen", f'"{shop}" <news@{domain}>', YOU, title, content, more=more)
    for number in range(4):
        dice = Dice(f"demo-receipt-{number}")
        shop, domain = SHOPS[(number * 2) % len(SHOPS)]
        bought = dice.some(GOODS, 3)
        order, total = f"{4711 + number * 83}", money(sum(price for _, price in bought))
        lines = [f"1 x {name:<28}{money(price):>10}" for name, price in bought]
        rows = "".join(f"<tr><td>{name}</td><td align=right>{money(price)}</td></tr>" for name, price in bought)
        html = f"<html><body style=\"font-family:sans-serif\"><h2>Thank you!</h2><p>Order {order}</p><table cellpadding=6>{rows}<tr><td><b>Total</b></td><td align=right><b>€ {total}</b></td></tr></table></body></html>\n"
        both = multipart("alternative", f"r{number}", text(f"Thank you! Order {order}\n\n" + "\n".join(lines) + f"\n\nTotal € {total}\n"), text(html, "html"))
        invoice = attachment(f'application/pdf; name="invoice-{order}.pdf"', files.pdf([shop, f"Invoice {order}", ""] + lines + ["", f"Total EUR {total}"]), f'filename="invoice-{order}.pdf"')
        yield f"receipt-{number}", letter("INBOX" if number < 2 else "Receipts", f"{1 + number * 9}.1{number}:40", "\\Seen" + (" \\Flagged" if number == 1 else ""),
                                          f"{shop.replace('&', 'and')} <orders@{domain}>", YOU, f"Your order {order}", multipart("mixed", f"m{number}", both, invoice))
    for number, (state, age) in enumerate([("will arrive today between 10:00 and 12:00", "0.03:30"), ("is on its way", "1.05:10"), ("has been delivered", "12.04:00")]):
        yield f"parcel-{number}", letter("INBOX", age, "" if number == 0 else "\\Seen", "Parcel Runner <no-reply@parcels.example>", YOU, f"Your parcel {state}",
                                         text(f"Parcel PX40028{number}EX {state}.\n\nFollow it: https://parcels.example/t/PX40028{number}EX\n"), more=[("Auto-Submitted", "auto-generated")])


def others():
    for number, (title, days, age) in enumerate([("Team lunch", 3, "0.06:00"), ("Garden meeting", 9, "2.02:00")]):
        data = calendar("REQUEST", f"demo-{number}@harbour.example", title, "20240404", Dice("demo"), 0, "FREQ=MONTHLY;COUNT=6" if number else "").replace(b"20240404", b"@DAY+%d@" % days)
        content = multipart("mixed", f"im{number}", multipart("alternative", f"ia{number}", text(f"{title}\nRoom 3, second floor, 14:00 to 15:00 (UTC)\n"),
                            part("text/calendar; charset=utf-8; method=REQUEST", data, "8bit")))
        yield f"invitation-{number}", letter("INBOX", age, "" if number == 0 else "\\Seen", "Noa <noa@harbour.example>", YOU, f"Invitation: {title}", content)
    pictures = [attachment("image/png", files.png(160, 120, colour), f'filename="{name}.png"') for name, colour in
                (("harbour", (30, 90, 160)), ("evening", (220, 120, 60)), ("garden", (70, 140, 60)))]
    yield "pictures", letter("INBOX", "3.20:10", "\\Seen \\Flagged", FRIEND, YOU, "Three pictures from the coast – schön!", multipart("mixed", "pics", text("The ferry, the evening, the garden.\n\nGrüße\n"), *pictures))
    html = '<p>This is where we sit now:</p><p><img src="cid:place@example.test" alt="stripes" width="160" height="120"></p><p>The stripes are the curtain.</p>\n'
    shown = attachment("image/png", files.png(160, 120, (150, 60, 110)), 'filename="place.png"', ("Content-ID", "<place@example.test>"), disposition="inline")
    yield "picture-inside", letter("INBOX", "8.18:00", "\\Seen", FRIEND, YOU, "The new place", multipart("alternative", "pa", text("This is where we sit now: [picture]\n"), multipart("related", "pr", text(html, "html"), shown)))
    plan = files.document(["Plan for the autumn", "1. Mend the fence", "2. Order compost", "3. Lend out the big ladder"])
    table = "Plot,Name,Fee\r\n13,Noa,32.50\r\n14,Jo,32.50\r\n15,Kim,28.00\r\n".encode()
    yield "plan", letter("INBOX", "4.11:00", "\\Seen \\Answered", "Jo <jo@allotments.example>", "plots@lists.allotments.example", "[plots] Plan and list of fees", multipart(
        "mixed", "plan", text("Dear all,\n\nthe plan as a document, the fees as a table. Tell me before the 9th what is wrong.\n\nJo\n"),
        attachment("application/vnd.openxmlformats-officedocument.wordprocessingml.document", plan, mime.parameter("filename", "Plan für den Herbst.docx")),
        attachment("text/csv; charset=utf-8", table, 'filename="fees.csv"')), more=[("List-Id", "Plots <plots.lists.allotments.example>"), ("List-Post", "<mailto:plots@lists.allotments.example>")])
    yield "choir", letter("INBOX", "0.09:45", "", "Robin <robin@choir.example>", "choir@lists.choir.example", "[choir] Thursday half an hour earlier",
                          text("From now on we meet at half past six.\n\nThe hall is cold: bring a jacket.\n\nRobin\n\n____\nchoir mailing list\n"), more=[("List-Id", "Choir <choir.lists.choir.example>"), ("List-Unsubscribe", "<https://lists.choir.example/stop>")])
    yield "russian", letter("INBOX", "15.08:00", "\\Seen", "Sasha <sasha@example.net>", YOU, "Привет с дачи", text("Здравствуй,\n\nяблоки уже поспели. Приезжай в субботу!\n\nСаша\n", charset="koi8-r"))
    yield "japanese", letter("INBOX", "21.02:00", "\\Seen", "Micha <micha@example.org>", YOU, "京都からの手紙", text("こんにちは、\n\n紅葉がきれいです。来年は一緒に行きましょう。\n", charset="iso-2022-jp", encoding="7bit"))
    yield "signed", letter("INBOX", "10.10:10", "\\Seen", "Kim <kim@example.org>", YOU, "The contract", text("Please read it once more before Friday, above all section 4.\n\nKim\n"))
    yield "bounce", letter("INBOX", "7.01:00", "\\Seen", "Mail Delivery System <MAILER-DAEMON@mx.example.com>", YOU, "Undelivered Mail Returned to Sender", multipart(
        "report", "dsn", text("Your message to <kin@example.org> could not be delivered: there is no such user.\n\nDid you mean kim@example.org?\n"),
        part("message/delivery-status", fields([("Reporting-MTA", "dns; mx.example.com")]) + b"\r\n" + fields([("Final-Recipient", "rfc822; kin@example.org"), ("Action", "failed"), ("Status", "5.1.1")])),
        part("text/rfc822-headers", fields([("From", YOU), ("To", "kin@example.org"), ("Subject", "The contract")])), extra="; report-type=delivery-status"))
    yield "answered-contract", letter("Sent", "9.22:00", "\\Seen", YOU, "Kim <kim@example.org>", "Re: The contract", text("Read and agreed. I bring two printed copies on Thursday.\n"))
    yield "draft", letter("Drafts", "0.00:40", "\\Seen \\Draft", YOU, "Jo <jo@allotments.example>", "Re: [plots] Plan and list of fees", text("Dear Jo,\n\nplot 14 pays 28.00 since April, doesn't it? And\n"))
    yield "old-draft", letter("Drafts", "40.10:00", "\\Seen \\Draft", YOU, "Sasha <sasha@example.net>", "Apples", text("Dear Sasha,\n\n"))
    html = '<p>Dear customer, your parcel waits for a fee of € 1.99. <a href="https://parcels-fee.example/pay">https://parcels.example/pay</a></p><img src="https://track.example/o.gif" width=1 height=1>\n'
    yield "phishing", letter("Junk", "2.15:00", "", '"Parcel Runner" <runner@elsewhere.example>', YOU, "ACTION NEEDED: your parcel", text(html, "html"))
    yield "prize", letter("Junk", "5.17:00", "", "Prize Office <win@elsewhere.example>", "undisclosed-recipients:;", "You have won!!! 🎁", text("Send us your name, address and mother's maiden name.\n"))
    yield "deleted-offer", letter("Trash", "6.06:00", "\\Seen", '"Oak Chairs" <news@oakchairs.example>', YOU, "Last days of the summer sale", text("Everything on the second floor is down by a quarter until Sunday evening.\n"))
    yield "statement", letter("Receipts", "29.07:00", "\\Seen", "Harbour Ferries <service@harbourferries.example>", YOU, "Your ten-ride ticket", text("You have 4 rides left. The ticket is valid until the end of the year.\n"))


def demo():
    yield from conversations()
    yield from shops()
    yield from others()
