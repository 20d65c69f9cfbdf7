"""Mail that breaks the rules: structure, encodings, lines, octets. It must be kept as it is and read as far as it goes."""
from . import files, mime
from .mime import Dice, common, fields, message, multipart, part, text

PLAIN = text("Plain text.\n", encoding="7bit")
HTML = text("<p>HTML text.</p>\n", "html", encoding="7bit")


def start(name, mime_version=True):
    pairs = common(Dice(name), "Friend <friend@example.test>", "you@example.test", name.replace("-", " "), 900, trace=False)
    return fields(pairs + ([("MIME-Version", "1.0")] if mime_version else []))


def structure():
    whole = multipart("mixed", "bound", PLAIN, HTML)
    attached = multipart("mixed", "bound", PLAIN, attachment := mime.attachment("application/pdf", files.pdf(["x"]), "filename=x.pdf"))
    yield "no-final-boundary", start("no-final-boundary") + whole[:whole.rindex(b"--bound--")]
    yield "cut-in-attachment", start("cut-in-attachment") + attached[:-len(attachment) // 2]
    yield "cut-in-header", start("cut-in-header")[:-9]
    yield "cut-in-part-header", start("cut-in-part-header") + whole[:whole.rindex(b"Content-Transfer") + 8]
    yield "boundary-never-occurs", start("boundary-never-occurs") + part('multipart/mixed; boundary="nowhere"', b"There is no delimiter here.\r\n--other\r\n\r\ntext\r\n--other--\r\n")
    yield "boundary-missing", start("boundary-missing") + part("multipart/mixed", b"--x\r\n\r\ntext\r\n--x--\r\n")
    yield "boundary-empty", start("boundary-empty") + part('multipart/mixed; boundary=""', b"--\r\n\r\ntext\r\n----\r\n")
    yield "boundary-too-long", start("boundary-too-long") + multipart("mixed", "y" * 300, PLAIN)
    yield "boundary-with-space", start("boundary-with-space") + multipart("mixed", "two words ", PLAIN)
    yield "boundary-unquoted", start("boundary-unquoted") + whole.replace(b'"bound"', b"bo=und").replace(b"--bound", b"--bo=und")
    yield "delimiter-with-trailing-space", start("delimiter-with-trailing-space") + whole.replace(b"--bound\r\n", b"--bound \t\r\n")
    yield "delimiter-with-junk", start("delimiter-with-junk") + whole.replace(b"--bound\r\n", b"--boundX\r\n", 1)
    yield "delimiter-indented", start("delimiter-indented") + whole.replace(b"--bound", b" --bound")
    yield "same-boundary-nested", start("same-boundary-nested") + multipart("mixed", "same", multipart("alternative", "same", PLAIN, HTML), PLAIN)
    yield "final-boundary-twice", start("final-boundary-twice") + whole + whole[whole.index(b"--bound"):]
    yield "inner-never-closed", start("inner-never-closed") + multipart("mixed", "outer", multipart("alternative", "inner", PLAIN, HTML).replace(b"--inner--\r\n", b""), PLAIN)
    yield "outer-closes-first", start("outer-closes-first") + multipart("mixed", "outer", multipart("alternative", "inner", PLAIN, b"\r\n--outer--\r\n", HTML))
    yield "multipart-in-base64", start("multipart-in-base64") + part('multipart/mixed; boundary="b"', mime.b64(whole), "base64")
    yield "rfc822-in-base64", start("rfc822-in-base64") + part("message/rfc822", mime.b64(start("inner") + PLAIN), "base64")
    yield "rfc822-empty", start("rfc822-empty") + part("message/rfc822", b"")
    yield "only-delimiters", start("only-delimiters") + part('multipart/mixed; boundary="d"', b"--d\r\n--d\r\n--d\r\n--d--\r\n")


def declarations():
    yield "no-mime-version", start("no-mime-version", False) + multipart("alternative", "b", PLAIN, HTML)
    yield "mime-version-2", start("mime-version-2", False) + b"MIME-Version: 2.0 (odd)\r\n" + PLAIN
    yield "content-type-twice", start("content-type-twice") + b"Content-Type: text/html\r\n" + PLAIN
    yield "content-type-empty", start("content-type-empty") + b"Content-Type:\r\n\r\ntext\r\n"
    yield "content-type-one-word", start("content-type-one-word") + b"Content-Type: text\r\n\r\ntext\r\n"
    yield "content-type-junk", start("content-type-junk") + b"Content-Type: ;;;/=\"; charset\r\n\r\ntext\r\n"
    yield "content-type-slashes", start("content-type-slashes") + b"Content-Type: text/plain/html; charset=utf-8\r\n\r\ntext\r\n"
    yield "content-type-unclosed-quote", start("content-type-unclosed-quote") + b'Content-Type: text/plain; charset="utf-8; name="x\r\n\r\ntext\r\n'
    yield "parameter-twice", start("parameter-twice") + b"Content-Type: text/plain; charset=utf-8; charset=koi8-r\r\n\r\nGr\xc3\xbc\xc3\x9fe\r\n"
    yield "parameters-without-semicolon", start("parameters-without-semicolon") + b"Content-Type: text/plain charset=utf-8 format=flowed\r\n\r\ntext\r\n"
    yield "charset-wrong", start("charset-wrong") + part("text/plain; charset=utf-8", "Grüße in Latin-1\r\n".encode("latin-1"), "8bit")
    yield "charset-us-ascii-with-8bit", start("charset-us-ascii-with-8bit") + part("text/plain; charset=us-ascii", "Grüße\r\n".encode(), "7bit")
    yield "charset-unknown", start("charset-unknown") + part("text/plain; charset=x-unknown", b"text \xe4\r\n", "8bit")
    yield "charset-quoted-twice", start("charset-quoted-twice") + part("text/plain; charset=\"'utf-8'\"", "Grüße\r\n".encode(), "8bit")
    yield "encoding-twice", start("encoding-twice") + b"Content-Transfer-Encoding: base64\r\n" + PLAIN
    yield "encoding-8-bit-misspelt", start("encoding-8-bit-misspelt") + part("text/plain; charset=utf-8", "Grüße\r\n".encode(), "8-bits")
    yield "html-without-type", start("html-without-type", False) + b"\r\n<html><body><p>No type at all</p></body></html>\r\n"


def encodings():
    good = mime.b64("Ein Text mit Grüßen, lang genug für zwei Zeilen, damit man etwas zum Kaputtmachen hat.\r\n".encode())

    def base64(name, data):
        return name, start(name) + part("text/plain; charset=utf-8", data, "base64")

    def quoted(name, data):
        return name, start(name) + part("text/plain; charset=utf-8", data, "quoted-printable")

    yield base64("base64-junk-inside", good[:30] + b"!!*\r\n--\x80" + good[30:])
    yield base64("base64-no-padding", good.rstrip().rstrip(b"="))
    yield base64("base64-one-left", good.rstrip(b"=\r\n")[:-3] + b"\r\n")
    yield base64("base64-padding-inside", b"R3I=w7w=\r\nZ2U=\r\n")
    yield base64("base64-one-line", b"QUJD" * 2500 + b"\r\n")
    yield base64("base64-url-alphabet", b"_-8_-8__\r\n")
    yield base64("base64-then-text", good + b"\r\n_______\r\nlist footer added by somebody\r\n")
    yield base64("base64-empty", b"")
    yield base64("base64-spaces", good.replace(b"Z", b"Z ") + b"   \r\n\r\n\r\n")
    yield quoted("qp-truncated", b"cut in the middle=C3")
    yield quoted("qp-cut-after-equals", b"the last octet is =")
    yield quoted("qp-one-digit", b"one digit =C and =\r\n")
    yield quoted("qp-not-hex", b"not hex =GZ =x= =3\r\nend\r\n")
    yield quoted("qp-lowercase", b"lowercase =c3=bc\r\n")
    yield quoted("qp-trailing-blanks", b"blanks at the end   \t\r\nsoft =  \r\nbreak\r\n")
    yield quoted("qp-long-line", b"a=3D" * 3000 + b"\r\n")
    yield quoted("qp-raw-8bit", "rohe Umlaute äöü =E4\r\n".encode())
    yield quoted("qp-encoded-line-ends", b"a=0D=0Ab=0Ac=0Dd=00e\r\n")
    uu = b"begin 644 note.txt\r\n+2&5L;&\\L(%=O<FQD\r\n`\r\nend\r\n"
    yield "uuencode-part", start("uuencode-part") + part("text/plain", uu, "x-uuencode")
    yield "uuencode-inline", start("uuencode-inline") + part("text/plain", b"See below.\r\n\r\n" + uu, "7bit")


def header_lines():
    head = start("x")
    yield "no-colon-line", head + b"this line has no colon\r\nX-After: yes\r\n\r\ntext\r\n"
    yield "no-colon-first", b"this line has no colon\r\n" + head + b"\r\ntext\r\n"
    yield "space-before-colon", head.replace(b"Subject:", b"Subject :") + b"\r\ntext\r\n"
    yield "empty-name", head + b": value without a name\r\n\r\ntext\r\n"
    yield "name-with-8bit", head + b"\xc3\x84nderung: ja\r\n\r\ntext\r\n"
    yield "name-with-controls", head + b"X-\x01\x02: ja\r\nX-Tab\tName: ja\r\n\r\ntext\r\n"
    yield "starts-with-fold", b" folded from nothing\r\n" + head + b"\r\ntext\r\n"
    yield "fold-of-blanks", head + b"X-Odd: one\r\n \r\n\t\r\n two\r\n\r\ntext\r\n"
    yield "fold-everywhere", head + b"X-Odd:\r\n a\r\n\tb\r\n   c\r\n\r\ntext\r\n"
    yield "fields-twice", head + head + b"\r\ntext\r\n"
    yield "mbox-from-line-first", b"From friend@example.test Mon Mar  4 08:00:00 2024\r\n" + head + b"\r\ntext\r\n"
    yield "quoted-from-line-first", b">From friend@example.test Mon Mar  4 08:00:00 2024\r\n" + head + b"\r\ntext\r\n"
    yield "no-header", b"\r\nOnly a body follows the empty line.\r\n"
    yield "no-header-no-line", b"Only text, not even an empty line first.\r\n"
    yield "no-body", head + b"\r\n"
    yield "no-body-no-empty-line", head
    yield "no-line-end-at-end", head + b"\r\ntext without a line end"
    yield "header-without-last-line-end", head[:-2]
    yield "huge-field", head + b"X-Huge: " + b"h" * 70000 + b"\r\n\r\ntext\r\n"
    yield "bom-first", b"\xef\xbb\xbf" + head + b"\r\ntext\r\n"


def octets():
    head = start("x")
    yield "empty", b""
    yield "one-octet", b"x"
    yield "only-crlf", b"\r\n" * 20
    yield "one-crlf", b"\r\n"
    yield "only-lf", b"\n\n\n"
    yield "only-cr", b"\r\r\r"
    yield "only-nul", b"\0" * 100
    yield "only-spaces", b"   \t  \r\n \t\r\n"
    yield "lines-of-10000", head + b"\r\n" + b"\r\n".join(bytes([97 + i]) * 10000 for i in range(5)) + b"\r\n"
    yield "line-of-998", head + b"\r\n" + b"w" * 998 + b"\r\n"
    yield "line-of-999", head + b"\r\n" + b"w" * 999 + b"\r\n"
    yield "lf-only", (head + b"\r\nline one\r\nline two\r\n").replace(b"\r\n", b"\n")
    yield "lf-only-multipart", (head + multipart("mixed", "lf", PLAIN, HTML)).replace(b"\r\n", b"\n")
    yield "lf-and-crlf", head + b"\nline one\nline two\r\nline three\n"
    yield "lf-in-header-only", head.replace(b"\r\n", b"\n") + b"\r\nbody with CRLF\r\n"
    yield "cr-only", (head + b"\r\nline one\r\nline two\r\n").replace(b"\r\n", b"\r")
    yield "bare-cr", head + b"\r\none\rtwo\r\rthree\r\r\nfour\n\rfive\r\n"
    yield "bare-cr-in-header", head + b"X-Odd: one\rX-Smuggled: two\r\n\r\ntext\r\n"
    yield "nul-in-body", head + b"\r\nbefore\0after\r\n\0\0\0\r\n"
    yield "nul-in-header", head + b"X-Nul: a\0b\r\n\r\ntext\r\n"
    yield "all-octets", head + b"Content-Transfer-Encoding: binary\r\n\r\n" + bytes(range(256)) * 4
    yield "control-characters", head + b"\r\n\x1b[31mred\x1b[0m \x07\x08\x0c\x7f\x1a end\r\n"
    yield "dots", head + b"\r\n.\r\n..\r\n...text\r\n.\r\n"
    yield "smuggled-end", head + b"\r\nfirst\n.\nMAIL FROM:<x@example.org>\r\n.\rRCPT\r\n\n.\r\n"
    yield "from-lines", head + b"\r\nFrom the start\r\n>From quoted\r\n>>From twice\r\n\r\nFrom friend@example.test Mon Mar  4 08:00:00 2024\r\nSubject: not a new message\r\n\r\nbody\r\n"
    yield "ends-with-many-lines", head + b"\r\ntext" + b"\r\n" * 50
    yield "zip-as-message", files.archive([("a", b"not a message")])
    yield "text-utf-16", (head + b"\r\ntext\r\n").decode("latin-1").encode("utf-16")


def broken():
    for group in (structure, declarations, encodings, header_lines, octets):
        for name, data in group():
            yield f"broken/{name}", data
