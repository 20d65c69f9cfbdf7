using System.Globalization;
using System.Text;
using Posthorn.Standards.Imap;

namespace Posthorn.Standards.Mbox;

/// <summary>Flags as mbox files keep them: in header fields of the message.</summary>
/// <remarks>
/// Status: R read, O old. X-Status: A answered, F flagged, D deleted, T draft. X-Keywords: the keywords. X-Mozilla-Status: a mask in hexadecimal. X-UIDL: POP3's id.
/// Posthorn writes the first three and the last, always, as the first lines of the message. Found there in that order they are the whole truth and are taken off again, so
/// that a message comes back octet for octet even where it has such fields of its own. Found elsewhere they are read and left where they are, but for X-UIDL: the sender
/// of a message could have written it, to make a client take two messages for one.
/// </remarks>
internal static class MboxStatus
{
    private const int OwnLines = 4;

    private static ReadOnlySpan<byte> UidlField => "X-UIDL: "u8;

    public static string Format(IReadOnlyCollection<string> flags, string uidl)
    {
        var mask = new StringBuilder();
        foreach (var (letter, flag) in Letters)
        {
            if (flags.Contains(flag, StringComparer.OrdinalIgnoreCase))
            {
                mask.Append(letter);
            }
        }
        string status = flags.Contains(@"\Seen", StringComparer.OrdinalIgnoreCase) ? "RO" : "O";
        return $"Status: {status}\nX-Status: {mask}\nX-Keywords: {string.Join(' ', flags.Where(flag => FlagKeyword.IsValid(flag)))}\nX-UIDL: {uidl}\n";
    }

    private static readonly (char Letter, string Flag)[] Letters = [('A', @"\Answered"), ('F', @"\Flagged"), ('D', @"\Deleted"), ('T', @"\Draft")];

    /// <summary>Flags from a header.</summary>
    /// <param name="header">The header, or as much of it as fits the reader's window.</param>
    /// <param name="ownLength">How many octets at its start are the lines Posthorn wrote.</param>
    /// <param name="uidl">From those lines; empty: none is there.</param>
    public static IReadOnlyList<string> Read(ReadOnlySpan<byte> header, out int ownLength, out string uidl)
    {
        ownLength = 0;
        uidl = "";
        var flags = new List<string>();
        var rest = header;
        for (int line = 0; !rest.IsEmpty; line++)
        {
            int end = rest.IndexOf((byte)'\n');
            var field = end < 0 ? rest : rest[..end];
            rest = end < 0 ? [] : rest[(end + 1)..];
            AddFlags(field.TrimEnd((byte)'\r'), flags);
            if (line == OwnLines - 1 && end >= 0 && field.StartsWith(UidlField) && IsOwn(header))
            {
                uidl = Encoding.Latin1.GetString(field[UidlField.Length..].TrimEnd((byte)'\r'));
                ownLength = header.Length - rest.Length;
                break;
            }
        }
        return flags;
    }

    private static bool IsOwn(ReadOnlySpan<byte> header)
    {
        int second = header.IndexOf((byte)'\n') + 1;
        int third = second + header[second..].IndexOf((byte)'\n') + 1;
        return header.StartsWith("Status: "u8) && header[second..].StartsWith("X-Status: "u8) && header[third..].StartsWith("X-Keywords: "u8);
    }

    private static void AddFlags(ReadOnlySpan<byte> field, List<string> flags)
    {
        if (Ascii.StartsWithIgnoreCase(field, "Status:"u8))
        {
            Add(flags, field.Contains((byte)'R'), @"\Seen");
        }
        else if (Ascii.StartsWithIgnoreCase(field, "X-Status:"u8))
        {
            foreach (var (letter, flag) in Letters)
            {
                Add(flags, field["X-Status:".Length..].Contains((byte)letter), flag);
            }
        }
        else if (Ascii.StartsWithIgnoreCase(field, "X-Keywords:"u8))
        {
            foreach (string word in Encoding.Latin1.GetString(field["X-Keywords:".Length..]).Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                Add(flags, FlagKeyword.IsValid(word), word);
            }
        }
        else if (Ascii.StartsWithIgnoreCase(field, "X-Mozilla-Status:"u8)
            && uint.TryParse(field["X-Mozilla-Status:".Length..].Trim((byte)' '), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out uint mask))
        {
            Add(flags, (mask & 1) != 0, @"\Seen");
            Add(flags, (mask & 2) != 0, @"\Answered");
            Add(flags, (mask & 4) != 0, @"\Flagged");
            Add(flags, (mask & 8) != 0, @"\Deleted");
        }
    }

    private static void Add(List<string> flags, bool set, string flag)
    {
        if (set && !flags.Contains(flag, StringComparer.OrdinalIgnoreCase))
        {
            flags.Add(flag);
        }
    }
}
