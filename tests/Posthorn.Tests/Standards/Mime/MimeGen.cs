using System.Text;
using CsCheck;

namespace Posthorn.Tests.Standards.Mime;

/// <summary>Octets as an attacker or a broken program sends them: pieces of mail in any order, cut anywhere, and noise between.</summary>
internal static class MimeGen
{
    private static readonly string[] Pieces =
    [
        "\r\n", "\n", "\r", "\r\n\r\n", "\n\n", " ", "\t", ":", ";", ",", "\"", "\\", "(", ")", "<", ">", "@", "[", "]", "=", "?", "--", "-", "\0", ".",
        "From: ", "To: ", "Cc: ", "Sender: ", "Reply-To: ", "Subject: ", "Date: ", "Message-ID: ", "References: ", "In-Reply-To: ", "List-Id: ",
        "Content-Type: ", "multipart/mixed; boundary=", "multipart/alternative; boundary=\"b c\"", "multipart/digest; boundary=d", "text/plain",
        "text/html; charset=utf-16", "message/rfc822", "message/rfc822\r\n\r\n", "b", "a", "--a", "--b", "--a--", "--b c--", "--d", "\r\n--a\r\n", "\r\n--a--\r\n",
        "\r\n--b\r\n\r\n", "Content-Transfer-Encoding: base64\r\n", "Content-Transfer-Encoding: quoted-printable\r\n", "Content-Disposition: attachment; filename=",
        "Content-Language: de, en", "Content-ID: <x@y>", "=?utf-8?q?=C3=A4?=", "=?utf-8?b?w6Q?=", "=?x?", "=C3", "=\r\n", "w6TDtg==", "QUJD",
        "undisclosed-recipients:;", "a@example.org", "\"A, B\" <a.b@example.org>", "<@x,@y:a@z>", "Re: ", "[x]", "(fwd)", "[Fwd: ", "]", "<p>", "<style>", "</style>",
        "<!--", "-->", "&amp;", "&#x20AC;", "&#99999999;", "\u00e4", "\ud83d\udc8c", "Tue, 24 Nov 2026 03:52:14 +0000",
    ];

    private static readonly Gen<byte[]> Piece = Gen.Frequency(
        (12, Gen.Int[0, Pieces.Length - 1].Select(index => Encoding.UTF8.GetBytes(Pieces[index]))),
        (1, Gen.Byte.Array[0, 8]),
        (1, Gen.Select(Gen.Char['\u0020', '\u007e'], Gen.Int[0, 90]).Select((letter, count) => Encoding.UTF8.GetBytes(new string(letter, count)))));

    public static Gen<byte[]> Octets { get; } = Piece.Array[0, 80].Select(pieces => pieces.SelectMany(piece => piece).ToArray());
}
