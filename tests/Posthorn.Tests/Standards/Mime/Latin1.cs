using System.Text;

namespace Posthorn.Tests.Standards.Mime;

internal static class Latin1
{
    /// <summary>Octets for text that is written in UTF-8 in the source: one for each character up to U+00FF.</summary>
    public static byte[] ToLatin1(this ReadOnlySpan<byte> text) => Encoding.Latin1.GetBytes(Encoding.UTF8.GetString(text));
}
