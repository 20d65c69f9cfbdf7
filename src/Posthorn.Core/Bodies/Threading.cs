using System.Buffers.Binary;
using System.Security.Cryptography;
using Posthorn.Standards.Mime;

namespace Posthorn.Core.Bodies;

/// <summary>The keys by which messages of one conversation find each other (RFC 5322 §3.6.4).</summary>
internal static class Threading
{
    /// <summary>Ids taken from References: the newest ones, which stand last.</summary>
    private const int MaxKeys = 20;

    /// <summary>Hashes of the message's own id, then of those it answers and refers to.</summary>
    public static IReadOnlyList<long> Keys(ReadOnlySpan<byte> header)
    {
        var keys = new List<long>();
        var fields = new HeaderBlock(header);
        Add(fields, "Message-ID"u8, keys, 1);
        Add(fields, "In-Reply-To"u8, keys, MaxKeys);
        Add(fields, "References"u8, keys, MaxKeys);
        return keys;
    }

    private static void Add(HeaderBlock fields, ReadOnlySpan<byte> name, List<long> keys, int most)
    {
        if (!fields.TryFind(name, out HeaderField field))
        {
            return;
        }

        // msg-id = [CFWS] "<" id-left "@" id-right ">" [CFWS]; from the end, where the nearest ones are.
        ReadOnlySpan<byte> rest = field.Value;
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        for (int taken = 0; taken < most; taken++)
        {
            int close = rest.LastIndexOf((byte)'>');
            int open = close < 0 ? -1 : rest[..close].LastIndexOf((byte)'<');
            if (open < 0)
            {
                return;
            }

            // Not a quick hash: whoever could make two ids collide could put a message into a conversation.
            SHA256.HashData(rest[(open + 1)..close], digest);
            long key = BinaryPrimitives.ReadInt64BigEndian(digest);
            if (!keys.Contains(key))
            {
                keys.Add(key);
            }

            rest = rest[..open];
        }
    }
}
