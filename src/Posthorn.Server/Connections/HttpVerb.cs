using System.Text;

namespace Posthorn.Server.Connections;

/// <summary>A web browser that was talked into posting to a mail port must get nowhere.</summary>
internal static class HttpVerb
{
    private static readonly byte[][] Verbs =
    [
        "GET"u8.ToArray(), "POST"u8.ToArray(), "PUT"u8.ToArray(), "HEAD"u8.ToArray(), "DELETE"u8.ToArray(), "OPTIONS"u8.ToArray(),
        "CONNECT"u8.ToArray(), "TRACE"u8.ToArray(), "PATCH"u8.ToArray(), "PRI"u8.ToArray(),
    ];

    public static bool Is(ReadOnlySpan<byte> verb)
    {
        foreach (var known in Verbs)
        {
            if (Ascii.EqualsIgnoreCase(verb, known))
            {
                return true;
            }
        }
        return false;
    }
}
