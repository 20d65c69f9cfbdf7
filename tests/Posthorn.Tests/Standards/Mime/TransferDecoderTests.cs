using System.Text;
using CsCheck;
using Posthorn.Standards.Mime;

namespace Posthorn.Tests.Standards.Mime;

public sealed class TransferDecoderTests
{
    [Theory]
    [InlineData("base64", "QUJD", "ABC")]
    [InlineData("BASE64", "QU\r\nJD\r\nREU=\r\n", "ABCDE")]
    [InlineData("base64", "QUI=QUJD", "ABABC")]
    [InlineData("base64", "QUI", "AB")]
    [InlineData("base64", "Q*U~J\0D", "ABC")]
    [InlineData("base64", "====", "")]
    [InlineData("quoted-printable", "a=3Db=\r\nc=\nd=E", "a=bcd")]
    [InlineData("Quoted-Printable", "=41=4a=", "AJ")]
    [InlineData("quoted-printable", "=XY =4X", "=XY =4X")]
    [InlineData("7bit", "a=3D", "a=3D")]
    [InlineData("x-unknown", "a=3D", "a=3D")]
    public void Decodes(string encoding, string encoded, string expected)
    {
        for (int step = 1; step <= encoded.Length; step++)
        {
            Assert.Equal(expected, Encoding.Latin1.GetString(Decode(encoding, Encoding.Latin1.GetBytes(encoded), step)));
        }
    }

    [Fact]
    public void Base64_of_any_octets_comes_back_in_any_pieces() =>
        Gen.Select(Gen.Byte.Array[0, 200], Gen.Int[1, 30]).Sample((octets, step) =>
        {
            string encoded = Convert.ToBase64String(octets, Base64FormattingOptions.InsertLineBreaks);

            return Decode("base64", Encoding.ASCII.GetBytes(encoded), step).AsSpan().SequenceEqual(octets);
        });

    [Fact]
    public void Any_octets_decode_within_the_room_given() =>
        Gen.Select(MimeGen.Octets, Gen.Int[1, 30], Gen.Bool).Sample((octets, step, isBase64) =>
            Decode(isBase64 ? "base64" : "quoted-printable", octets, step).Length <= octets.Length);

    private static byte[] Decode(string encoding, byte[] octets, int step)
    {
        var decoder = new TransferDecoder(Encoding.ASCII.GetBytes(encoding));
        var result = new MemoryStream();
        var room = new byte[step + TransferDecoder.Extra];
        for (int position = 0; position < octets.Length; position += step)
        {
            int count = Math.Min(step, octets.Length - position);
            result.Write(room, 0, decoder.Decode(octets.AsSpan(position, count), room));
        }

        result.Write(room, 0, decoder.Finish(room));
        return result.ToArray();
    }
}
