using System.Text;
using CsCheck;
using Posthorn.Standards.Mime;

namespace Posthorn.Tests.Standards.Mime;

public sealed class TextExtractorTests
{
    private const string Message = "Subject: =?utf-8?q?t=C3=B6p?=\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nplain\r\n"
        + "--b\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\nPGI+aHQ8L2I+bWw=\r\n"
        + "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nenclosed\r\n"
        + "--b\r\nContent-Type: image/png\r\n\r\nPNG\r\n--b--\r\n";

    [Fact]
    public void Body_is_text_parts_and_enclosed_messages() =>
        Assert.Equal(["plain", "html", "Subject: inner\n", "enclosed"], Body(Encoding.UTF8.GetBytes(Message), 0));

    [Fact]
    public void Headers_are_decoded()
    {
        byte[] octets = Encoding.UTF8.GetBytes(Message);

        string[] headers = [.. TextExtractor.ReadHeaders(BodyStructure.Parse(octets), new MessageOctets(octets))];

        Assert.Equal("Subject: töp\nContent-Type: multipart/mixed; boundary=b\n", headers[0]);
        Assert.Equal("Subject: inner\n", headers[4]);
        Assert.Equal(6, headers.Length);
    }

    [Fact]
    public void Long_text_comes_in_segments_that_overlap()
    {
        string text = string.Concat(Enumerable.Range(0, 40_000).Select(number => $"{number} "));
        byte[] octets = Encoding.UTF8.GetBytes("\r\n" + text);

        string[] segments = [.. Body(octets, 10)];

        Assert.True(segments.Length > 2);
        Assert.All(segments, segment => Assert.InRange(segment.Length, 1, TextExtractor.SegmentLength * 2));
        Assert.Equal(text, segments[0] + string.Concat(segments.Skip(1).Select(segment => segment[10..])));
        Assert.Equal(text, string.Concat(Body(octets, 0)));
        Assert.Equal(segments, TextExtractor.ReadBody(BodyStructure.Parse(octets), new MessageOctets(new MemoryStream(octets)), 10));
    }

    [Fact]
    public void Any_octets_give_text() => MimeGen.Octets.Sample(octets =>
    {
        BodyStructure structure = BodyStructure.Parse(octets);

        int length = Body(octets, 5).Sum(segment => segment.Length);
        int headers = TextExtractor.ReadHeaders(structure, new MessageOctets(octets)).Count();

        Assert.InRange(length, 0, (octets.Length * 4) + 100);
        Assert.Equal(structure.Count, headers);
    });

    private static IEnumerable<string> Body(byte[] octets, int overlap) => TextExtractor.ReadBody(BodyStructure.Parse(octets), new MessageOctets(octets), overlap);
}
