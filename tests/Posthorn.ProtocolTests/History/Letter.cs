using System.Security.Cryptography;
using System.Text;

namespace Posthorn.ProtocolTests.History;

/// <summary>A message whose octets follow from its name, so that whoever reads it can tell whether they are whole.</summary>
internal static class Letter
{
    private const int LineBytes = 48;

    /// <summary>Some are large: their bodies are no rows of the database.</summary>
    private const int LargeEvery = 9;
    private const int LargeLines = 2_500;
    private const int SmallLines = 30;

    /// <summary>Lines ended by CRLF, the last one not.</summary>
    public static string Of(string content) =>
        $"From: sender@example.net\r\nTo: you@example.test\r\nDate: Tue, 24 Nov 2026 10:00:00 +0000\r\nSubject: {content}\r\nMessage-ID: <{content}@example.net>\r\n\r\n{Body(content)}";

    public static string Body(string content)
    {
        byte[] seed = SHA256.HashData(Encoding.ASCII.GetBytes(content));
        var random = new Random(BitConverter.ToInt32(seed));
        byte[] octets = new byte[LineBytes * (seed[^1] % LargeEvery == 0 ? LargeLines : SmallLines)];
        random.NextBytes(octets);
        return string.Join("\r\n", octets.Chunk(LineBytes).Select(line => Convert.ToBase64String(line)));
    }
}
