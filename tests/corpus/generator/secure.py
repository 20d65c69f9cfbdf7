"""Signed and encrypted mail, and winmail.dat. seeds/ holds the octets; the keys that made them are gone."""
from pathlib import Path

from . import files, mime
from .everyday import YOU
from .mime import Dice, attachment, common, crlf, message, multipart, part, text

SEEDS = Path(__file__).parent.parent / "seeds"


def seed(name):
    return (SEEDS / name).read_bytes()


def secured():
    def mail(name, subject, content):
        return f"secure/{name}", message(common(Dice(name), "Friend <friend@example.test>", YOU, subject, 700), content)

    content = seed("signed-content.mime")
    signature = attachment('application/pkcs7-signature; name="smime.p7s"', seed("signature.p7s"), 'filename="smime.p7s"')
    pgp = part('application/pgp-signature; name="signature.asc"', crlf(seed("pgp-signature.asc")), "7bit")
    smime_extra, pgp_extra = '; protocol="application/pkcs7-signature"; micalg=sha-256', '; protocol="application/pgp-signature"; micalg=pgp-sha256'
    smime_signed = signed("smime-signed", content, signature, smime_extra)
    pgp_signed = signed("pgp-signed", content, pgp, pgp_extra)
    yield mail("smime-signed", "Signed contract", smime_signed)
    yield mail("smime-signed-altered", "Signed contract, altered on the way", smime_signed.replace(b"Thursday", b"Tuesday "))
    yield mail("smime-signed-by-list", "[users] Signed contract", multipart("mixed", "list", smime_signed, text("--\nusers mailing list\n", encoding="7bit")))
    yield mail("smime-opaque", "Signed, opaque", attachment('application/pkcs7-mime; smime-type=signed-data; name="smime.p7m"', seed("opaque.p7m"), 'filename="smime.p7m"'))
    yield mail("smime-enveloped", "Encrypted", attachment('application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"', seed("enveloped.p7m"), 'filename="smime.p7m"'))
    yield mail("smime-x-pkcs7", "Encrypted, old type name", attachment('application/x-pkcs7-mime; name="smime.p7m"', seed("enveloped.p7m"), "filename=smime.p7m"))
    yield mail("pgp-signed", "Signed contract", pgp_signed)
    yield mail("pgp-signed-with-key", "Signed, key attached", multipart("mixed", "key", pgp_signed, part("application/pgp-keys", crlf(seed("pgp-key.asc")), "7bit")))
    encrypted = multipart("encrypted", "pgp-encrypted", part("application/pgp-encrypted", b"Version: 1\r\n"),
                          part('application/octet-stream; name="encrypted.asc"', crlf(seed("pgp-encrypted.asc")), "7bit"), extra='; protocol="application/pgp-encrypted"')
    yield mail("pgp-encrypted", "...", encrypted)
    yield mail("pgp-encrypted-without-version", "...", encrypted.replace(b"Version: 1\r\n", b""))
    yield mail("pgp-inline", "Clear-signed", part("text/plain; charset=utf-8", crlf(seed("pgp-clearsigned.asc")), "7bit"))
    yield mail("pgp-inline-encrypted", "Encrypted inline", part("text/plain; charset=us-ascii; x-action=pgp-encrypted", crlf(seed("pgp-encrypted.asc")), "7bit"))
    winmail = files.tnef(b"Draft", b"The draft is inside.", b"draft.txt", b"Draft number one.\r\n")
    yield mail("tnef", "Draft", multipart("mixed", "tnef", text("The draft.\n"), attachment('application/ms-tnef; name="winmail.dat"', winmail, 'filename="winmail.dat"')))
    yield mail("tnef-truncated", "Draft", multipart("mixed", "tnef", text("The draft.\n"), attachment('application/ms-tnef; name="winmail.dat"', winmail[:90], 'filename="winmail.dat"')))
    yield mail("tnef-as-octets", "Draft", multipart("mixed", "tnef", text("The draft.\n"), attachment('application/octet-stream; name="winmail.dat"', winmail, 'filename="winmail.dat"')))


def signed(bound, content, signature, extra):
    """The line end before a delimiter belongs to it, so one is added to keep the content's last one signed (RFC 1847 section 2.1)."""
    return multipart("signed", bound, content + b"\r\n", signature, extra=extra)
