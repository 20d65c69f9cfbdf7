using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using CsCheck;
using Posthorn.Standards;
using Posthorn.Standards.Dkim;

namespace Posthorn.Tests.Standards.Dkim;

public sealed class DkimCanonicalizationTests
{
    // The columns: body, simple form, relaxed form.
    public static TheoryData<string, string, string> Bodies => new()
    {
        { " C \r\nD \t E\r\n\r\n\r\n", " C \r\nD \t E\r\n", " C\r\nD E\r\n" }, // RFC 6376 §3.4.5
        { "", "\r\n", "" }, // RFC 6376 §3.4.3, §3.4.4
        { "\r\n", "\r\n", "" },
        { "\r\n\r\n\r\n", "\r\n", "" },
        { " \t\r\n\r\n", " \t\r\n", "" },
        { "a", "a\r\n", "a\r\n" },
        { "a\r\n\r\nb", "a\r\n\r\nb\r\n", "a\r\n\r\nb\r\n" },
        { "a \r\n \r\nb\t\r\n", "a \r\n \r\nb\t\r\n", "a\r\n\r\nb\r\n" },
        { "a\nb\n\n", "a\r\nb\r\n", "a\r\nb\r\n" },
        { "a\rb\r\n", "a\rb\r\n", "a\rb\r\n" },
        { "a\r\r\n", "a\r\r\n", "a\r\r\n" },
        { "a\r", "a\r\r\n", "a\r\r\n" },
        { "\u00e9 \u00ff\r\n", "\u00e9 \u00ff\r\n", "\u00e9 \u00ff\r\n" },
        { "a  \r", "a  \r\r\n", "a \r\r\n" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public void Bodies_are_hashed_in_their_form(string body, string simple, string relaxed)
    {
        foreach (int piece in (int[])[1, 2, 3, 1000])
        {
            Assert.Equal(Sha(simple), Hash(body, DkimCanonicalization.Simple, piece));
            Assert.Equal(Sha(relaxed), Hash(body, DkimCanonicalization.Relaxed, piece));
        }
    }

    [Fact]
    public void Pieces_make_no_difference()
    {
        Gen.Select(Gen.OneOf(Gen.Const('\r'), Gen.Const('\n'), Gen.Const(' '), Gen.Const('\t'), Gen.Const('a')).Array[0, 60], Gen.Int[1, 7]).Sample((letters, piece) =>
        {
            string body = new(letters);
            return Enum.GetValues<DkimCanonicalization>().All(form => Hash(body, form, piece).SequenceEqual(Hash(body, form, 1000)));
        }, iter: 5000);
    }

    [Fact]
    public void Long_lines_are_not_held()
    {
        string body = new string('x', 100_000) + "\r\n" + new string(' ', 50_000) + "y\r\n";

        Assert.Equal(Sha(body), Hash(body, DkimCanonicalization.Simple, 8192));
        Assert.Equal(Sha(new string('x', 100_000) + "\r\n y\r\n"), Hash(body, DkimCanonicalization.Relaxed, 8192));
    }

    // RFC 6376 §3.4.5, and folding
    [Theory]
    [InlineData("A: X\r\n", "A: X\r\n", "a:X\r\n")]
    [InlineData("B : Y\t\r\n\tZ  \r\n", "B : Y\t\r\n\tZ  \r\n", "b:Y Z\r\n")]
    [InlineData("Subject:\r\n \r\n x\r\n", "Subject:\r\n \r\n x\r\n", "subject:x\r\n")]
    [InlineData("Empty:\r\n", "Empty:\r\n", "empty:\r\n")]
    [InlineData("Lf: a\n b\n", "Lf: a\r\n b\r\n", "lf:a b\r\n")]
    [InlineData("Cut: a", "Cut: a\r\n", "cut:a\r\n")]
    [InlineData("Cr: a\rb\r\n", "Cr: a\rb\r\n", "cr:a\rb\r\n")]
    public void Fields_are_signed_in_their_form(string field, string simple, string relaxed)
    {
        Assert.Equal(simple, Form(field, DkimCanonicalization.Simple));
        Assert.Equal(relaxed, Form(field, DkimCanonicalization.Relaxed));
    }

    [Theory]
    [InlineData("S: a=1; b=abc\r\n def ; c=2\r\n", "S: a=1; b=; c=2\r\n")]
    [InlineData("S: bh=x; b = abc=\r\n", "S: bh=x; b =\r\n")]
    [InlineData("S: b=abc; bb=1\r\n", "S: b=; bb=1\r\n")]
    [InlineData("S: z=b=1\r\n", "S: z=b=1\r\n")]
    public void The_signature_is_taken_out_of_its_own_field(string field, string expected)
    {
        RawHeader.Field read = RawHeader.Read(Encoding.Latin1.GetBytes(field)).Fields[0];
        var writer = new ArrayBufferWriter<byte>();
        DkimHeaderForm.Write(DkimHeaderForm.WithoutSignature(read), DkimCanonicalization.Simple, last: false, writer);

        Assert.Equal(expected, Encoding.Latin1.GetString(writer.WrittenSpan));
    }

    private static string Form(string field, DkimCanonicalization form)
    {
        var writer = new ArrayBufferWriter<byte>();
        DkimHeaderForm.Write(RawHeader.Read(Encoding.Latin1.GetBytes(field)).Fields[0], form, last: false, writer);
        return Encoding.Latin1.GetString(writer.WrittenSpan);
    }

    private static byte[] Sha(string text) => SHA256.HashData(Encoding.Latin1.GetBytes(text));

    private static byte[] Hash(string body, DkimCanonicalization form, int piece)
    {
        using var hash = new DkimBodyHash(form);
        foreach (byte[] part in Encoding.Latin1.GetBytes(body).Chunk(piece))
        {
            hash.Append(part);
        }
        return hash.Finish();
    }
}
