"""Attachments and their names, pictures, nesting, encodings."""
from . import files, mime
from .everyday import YOU
from .mime import Dice, attachment, common, message, multipart, parameter, part, text

NAME = "Überblick für März – 第一稿.pdf"


def mail(name, subject, content, hours=300, sender="Friend <friend@example.test>"):
    return name, message(common(Dice(name), sender, YOU, subject, hours), content)


def attachments():
    """The ways a file name is written, and the kinds of file."""
    report = files.pdf(["Overview for March", "Draft one"])
    names = [
        ("plain", 'filename="overview.pdf"', 'application/pdf; name="overview.pdf"'),
        ("token", "filename=overview.pdf", "application/pdf; name=overview.pdf"),
        ("escaped", 'filename="over\\"view\\\\.pdf"', 'application/pdf; name="over\\"view\\\\.pdf"'),
        ("2231", parameter("filename", NAME), "application/pdf"),
        ("2231-language", parameter("filename", NAME, language="de"), "application/pdf"),
        ("2231-continued", parameter("filename", NAME * 3, width=40), "application/pdf;\r\n " + parameter("name", NAME * 3, width=40)),
        ("2231-latin1", parameter("filename", "Überblick.pdf", "iso-8859-1"), "application/pdf"),
        ("2231-koi8", parameter("filename", "Обзор.pdf", "koi8-r", width=12), "application/pdf"),
        ("2231-shift-jis", parameter("filename", "概要.pdf", "shift_jis"), "application/pdf"),
        ("2231-plain-pieces", 'filename*0="a long name ";\r\n filename*1="in plain ";\r\n filename*2="pieces.pdf"', "application/pdf"),
        ("2231-mixed-pieces", "filename*0*=utf-8''%C3%9Cber;\r\n filename*1=\"blick.pdf\"", "application/pdf"),
        ("2231-out-of-order", 'filename*2="c.pdf"; filename*0="a"; filename*1="b"', "application/pdf"),
        ("2231-gap", 'filename*0="a"; filename*2="c.pdf"', "application/pdf"),
        ("2231-and-plain", 'filename="Uberblick.pdf"; ' + parameter("filename", "Überblick.pdf"), "application/pdf"),
        ("2231-bad-percent", "filename*=utf-8''%C3%GG%9", "application/pdf"),
        ("encoded-word", 'filename="=?utf-8?Q?=C3=9Cberblick.pdf?="', 'application/pdf; name="=?utf-8?B?w5xiZXJibGljay5wZGY=?="'),
        ("raw-8bit", "filename=\"Überblick.pdf\"", "application/pdf"),
        ("path", 'filename="../../etc/overview.pdf"', 'application/pdf; name="C:\\\\temp\\\\overview.pdf"'),
        ("empty", 'filename=""', 'application/pdf; name=""'),
        ("two-extensions", 'filename="overview.pdf.exe"', 'application/pdf; name="overview.pdf"'),
    ]
    for number, (kind, disposition, content_type) in enumerate(names):
        content = multipart("mixed", mime.boundary(Dice(kind)), text("The file is attached.\n"), attachment(content_type, report, disposition))
        yield mail(f"attachments/name-{kind}", f"File name: {kind}", content, 310 + number * 41)
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    kinds = [
        ("docx", word, files.document(["Dear all,", "the draft of the leaflet."])),
        ("csv", "text/csv; charset=utf-8; header=present", "Name,Plot,Fee\r\nNoa,14,32.50\r\n\"Jo, jr.\",15,32.50\r\n".encode()),
        ("zip", "application/zip", files.archive([("readme.txt", "Hello"), ("data/numbers.csv", "1,2,3\n")])),
        ("ics", "text/calendar; charset=utf-8", b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\nEND:VCALENDAR\r\n"),
        ("vcf", "text/vcard; charset=utf-8", "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Noa\r\nEMAIL:noa@harbour.example\r\nEND:VCARD\r\n".encode()),
        ("bin", "application/octet-stream", bytes(range(256)) * 40),
        ("zero", "application/octet-stream", b""),
        ("eml", "message/rfc822", None),
    ]
    for number, (ending, content_type, data) in enumerate(kinds):
        if data is None:
            inner = message(common(Dice("inner"), "kim@example.org", YOU, "The forwarded letter", 300, trace=False), text("Inner text, ünïcode.\n"))
            file = part(content_type, inner, None, ("Content-Disposition", 'attachment; filename="letter.eml"'))
        else:
            file = attachment(content_type, data, f'filename="file.{ending}"; size={len(data)}')
        yield mail(f"attachments/file-{ending}", f"A {ending} file", multipart("mixed", f"=_file_{ending}", text("Here it is.\n"), file), 330 + number * 37)


def pictures():
    """multipart/related with pictures shown inside, attached pictures, a picture as the whole message."""
    shown = [("png", "image/png", files.png(64, 48, (200, 120, 40))), ("gif", "image/gif", files.GIF), ("jpeg", "image/jpeg", files.JPEG)]
    for number, (ending, kind, data) in enumerate(shown):
        cid = f"picture{number}@example.test"
        html = text(f'<p>Look:</p><img src="cid:{cid}" alt="a picture">\n', "html")
        inline = attachment(f'{kind}; name="picture.{ending}"', data, f'filename="picture.{ending}"', ("Content-ID", f"<{cid}>"), disposition="inline")
        related = multipart("related", f"rel{number}", html, inline, extra='; type="text/html"')
        yield mail(f"pictures/inline-{ending}", f"Picture inside ({ending})", related, 400 + number)
        alternative = multipart("alternative", f"alt{number}", text("Look: [picture]\n"), related)
        yield mail(f"pictures/alternative-{ending}", f"Picture inside, with text ({ending})", alternative, 410 + number)
        yield mail(f"pictures/attached-{ending}", f"Picture attached ({ending})",
                   multipart("mixed", f"mix{number}", text("Three of these\n"), *[attachment(kind, data, f'filename="IMG_{i:04}.{ending}"') for i in range(3)]), 420 + number)
        yield mail(f"pictures/alone-{ending}", f"Only a picture ({ending})", attachment(kind, data, f'filename="only.{ending}"', disposition="inline"), 430 + number)
    location = part("image/png", mime.b64(shown[0][2]), "base64", ("Content-Location", "https://static.example.test/a.png"))
    yield mail("pictures/content-location", "Picture by Content-Location",
               multipart("related", "loc", text('<img src="https://static.example.test/a.png">\n', "html"), location), 440)
    yield mail("pictures/unused-cid", "Inline picture nobody refers to",
               multipart("related", "loc", text("<p>no reference</p>\n", "html"), attachment("image/gif", files.GIF, "filename=x.gif", ("Content-ID", "<unused@example.test>"))), 441)


def structures():
    """Nesting and encodings that are legal but seldom."""
    plain, html = text("Plain text.\n"), text("<p>HTML text.</p>\n", "html")
    yield mail("structure/mixed-of-alternatives", "Two alternatives in a mixed", multipart("mixed", "m", multipart("alternative", "a", plain, html), multipart("alternative", "b", plain, html)))
    yield mail("structure/boundary-is-prefix", "One boundary begins like the other", multipart("mixed", "b", multipart("alternative", "b-b", plain, html), plain))
    yield mail("structure/preamble-epilogue", "Text before and after the parts",
               multipart("mixed", "pre", plain, preamble=b"Before the parts.\r\n--not-the-boundary\r\n", epilogue=b"After the parts.\r\n--pre is no delimiter here\r\n"))
    yield mail("structure/empty-parts", "Parts without content", multipart("mixed", "e", b"\r\n", b"Content-Type: text/plain\r\n\r\n", b"\r\n\r\n"))
    yield mail("structure/part-without-header", "A part that has no header", multipart("mixed", "n", b"\r\nJust text, us-ascii by default.\r\n"))
    yield mail("structure/parallel", "multipart/parallel and multipart/unheard-of", multipart("parallel", "p", plain, multipart("unheard-of", "q", plain)))
    longest = "0123456789'()+_,-./:=? 0123456789'()+_,-./:=?0123456789abcdefghijklmno"[:69] + "z"
    yield mail("structure/longest-boundary", "A boundary of 70 characters", multipart("mixed", longest, plain, html))
    yield mail("structure/external-body", "The body lies elsewhere",
               part('message/external-body; access-type=URL; URL="https://files.example/a.pdf"', b"Content-Type: application/pdf\r\nContent-ID: <elsewhere@files.example>\r\n\r\n"))
    for count in (1, 2, 3):
        half = part(f'message/partial; id="split@example.test"; number={count}; total=3', b"Piece %d of a letter that was cut.\r\n" % count)
        yield mail(f"structure/partial-{count}-of-3", f"Piece {count}", half, 450 + count)
    body = "Words with trailing space \nand = signs, From the start\nFrom here\n>From there\n.\n..\n" + "long " * 60 + "\n"
    for encoding in ("7bit", "8bit", "binary", "quoted-printable", "base64", "QUOTED-PRINTABLE", "x-nobody-knows"):
        data = {"base64": mime.b64, "quoted-printable": mime.qp, "QUOTED-PRINTABLE": mime.qp}.get(encoding, lambda d: d)(mime.crlf(body))
        yield mail(f"structure/encoding-{encoding.replace('QUOTED', 'UPPER')}", f"Encoding {encoding}", part("text/plain; charset=us-ascii", data, encoding), 460)
    yield mail("structure/binary-zip", "Binary without encoding", multipart("mixed", "bin", plain, part("application/zip", files.archive([("a", bytes(range(256)))]), "binary")))
    yield mail("structure/flowed-delsp", "Flowed with DelSp", text("Soft breaks vanish with \ntheir space.  \n> quoted  \n> text\n-- \nSignature\n", encoding="7bit", extra="; format=flowed; delsp=yes"))
    yield mail("structure/enriched-richtext", "Enriched", text("<bold>Bold</bold> and <italic>italic</italic>\n", "enriched", encoding="7bit"))
    yield mail("structure/content-fields", "All the Content- fields", part("text/plain; charset=utf-8", b"Hello\r\n", "7bit", ("Content-Language", "en, de"),
               ("Content-MD5", "Q2hlY2sgSW50ZWdyaXR5IQ=="), ("Content-Description", "=?utf-8?Q?Gr=C3=BC=C3=9Fe?="), ("Content-Location", "a/b.txt"), ("Content-ID", "<only@example.test>")))
    inner = message(common(Dice("deep"), "kim@example.org", YOU, "Innermost", 299, trace=False), text("At last.\n", encoding="7bit"))
    for depth in range(60):
        inner = message(common(Dice(f"deep-{depth}"), "kim@example.org", YOU, f"Fwd: level {depth}", 300, trace=False), part("message/rfc822", inner))
    yield "structure/rfc822-60-deep", inner
    deep = plain
    for depth in range(40):
        deep = multipart("mixed", f"level{depth}", deep)
    yield mail("structure/multipart-40-deep", "Forty multiparts", deep)
    yield mail("structure/300-parts", "Three hundred parts", multipart("mixed", "many", *[text(f"Part {i}\n", encoding="7bit") for i in range(300)]))
    yield mail("structure/comments", "Comments everywhere", part("text/plain (a comment); (another (nested)) charset=utf-8 (the end)", b"Hello\r\n", "(really) 7bit"))
    forwarded = message(common(Dice("fw"), "kim@example.org", "list@example.org", "Plan", 200), multipart("alternative", "in", plain, html))
    yield mail("structure/forwarded", "Fwd: Plan", multipart("mixed", "fwd", text("See below.\n"), part("message/rfc822", forwarded)))
