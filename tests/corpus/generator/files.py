"""Small valid files to attach: pictures, PDF, word-processor document, spreadsheet, archive."""
import io
import struct
import zipfile
import zlib


def png(width, height, colour, other=None):
    """A picture of two colours in diagonal stripes. Stored deflate blocks: the same octets with every zlib."""
    other = other or tuple(255 - c for c in colour)
    rows = b"".join(b"\0" + b"".join(bytes(colour if (x + y) // 6 % 2 else other) for x in range(width)) for y in range(height))
    stored = b"\x78\x01"
    for start in range(0, len(rows), 65535):
        block = rows[start:start + 65535]
        last = start + 65535 >= len(rows)
        stored += bytes([last]) + struct.pack("<HH", len(block), len(block) ^ 0xFFFF) + block
    stored += struct.pack(">I", zlib.adler32(rows))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", stored) + chunk(b"IEND", b""))


GIF = bytes.fromhex("47494638396101000100800000ffffff00000021f90401000000002c00000000010001000002024401003b")

# Baseline, 8 by 8, one grey block; each Huffman table has the one code in use (ITU T.81 annex B).
JPEG = (bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffdb004300") + b"\x08" * 64
        + bytes.fromhex("ffc0000b080008000801011100")
        + bytes.fromhex("ffc4001400" + "01" + "00" * 16) + bytes.fromhex("ffc4001410" + "01" + "00" * 16)
        + bytes.fromhex("ffda0008010100003f003fffd9"))


def pdf(lines):
    content = b"BT /F1 14 Tf 56 780 Td 18 TL " + b" ".join(
        b"(" + line.encode("latin-1").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)") + b") Tj T*" for line in lines) + b" ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R /Resources << /Font << /F1 4 0 R >> >> >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
    ]
    out, places = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + b"trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % table


def archive(entries):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as z:
        for name, data in entries:
            info = zipfile.ZipInfo(name, (2024, 3, 4, 8, 0, 0))
            info.create_system = 3
            z.writestr(info, data)
    return out.getvalue()


def document(paragraphs):
    """WordprocessingML, the least a word processor opens."""
    ns = "http://schemas.openxmlformats.org/"
    types = (f'<?xml version="1.0"?><Types xmlns="{ns}package/2006/content-types"><Default Extension="rels" '
             f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" '
             f'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>')
    links = (f'<?xml version="1.0"?><Relationships xmlns="{ns}package/2006/relationships"><Relationship Id="r1" '
             f'Type="{ns}officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>')
    body = "".join(f"<w:p><w:r><w:t>{p}</w:t></w:r></w:p>" for p in paragraphs)
    text = f'<?xml version="1.0"?><w:document xmlns:w="{ns}wordprocessingml/2006/main"><w:body>{body}</w:body></w:document>'
    return archive([("[Content_Types].xml", types), ("_rels/.rels", links), ("word/document.xml", text)])


def tnef(subject, body, name, data):
    """winmail.dat: message and attachment attributes, each with its checksum (MS-OXTNEF section 2.1)."""
    def attribute(level, tag, value):
        return struct.pack("<BII", level, tag, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)

    return (struct.pack("<IH", 0x223E9F78, 1)
            + attribute(1, 0x00089006, struct.pack("<I", 0x00010000))
            + attribute(1, 0x00078008, b"IPM.Microsoft Mail.Note\0")
            + attribute(1, 0x00018004, subject + b"\0")
            + attribute(1, 0x0002800C, body + b"\0")
            + attribute(2, 0x00069002, struct.pack("<HIHHI", 1, 0xFFFFFFFF, 0, 0, 0))
            + attribute(2, 0x00018010, name + b"\0")
            + attribute(2, 0x0006800F, data))
