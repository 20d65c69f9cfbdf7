using System.Text;
using Posthorn.Core.Mailboxes;

namespace Posthorn.Server.Imap.Listing;

/// <summary>Names of annotations as commands give them, and the response that tells values.</summary>
/// <remarks>RFC 5464 §3.2, §4.4.</remarks>
internal static class MetadataEntries
{
    /// <summary>Characters of a name.</summary>
    private const int MaxLength = 250;

    /// <summary>Names of one command.</summary>
    private const int Most = 100;

    // entries = entry / "(" entry *(SP entry) ")"     RFC 5464 §5
    public static IReadOnlyList<string> ReadAll(ref ImapReader reader)
    {
        if (!reader.TryRead((byte)'('))
        {
            return [Read(ref reader, isWritten: false)];
        }

        var entries = new List<string>();
        do
        {
            entries.Add(entries.Count == Most ? throw new ImapSyntaxException("There are too many entries.") : Read(ref reader, isWritten: false));
        }
        while (reader.TrySpace());
        reader.Expect((byte)')');
        return entries;
    }

    /// <summary>One name, in lower case: case does not count.</summary>
    /// <param name="isWritten">To be written to, it needs all its levels; to be read below, the scope is enough.</param>
    public static string Read(ref ImapReader reader, bool isWritten)
    {
        ReadOnlySpan<byte> octets = reader.AString();
        if (octets.Length is 0 or > MaxLength || octets.ContainsAnyExceptInRange((byte)0x20, (byte)0x7e) || octets.ContainsAny((byte)'*', (byte)'%'))
        {
            throw new ImapSyntaxException("That is no name of an entry.");
        }

        string entry = Encoding.ASCII.GetString(octets).ToLowerInvariant();
        string[] levels = entry.Split('/');
        bool isName = levels[0].Length == 0 && levels.Length > 1 && levels.Skip(1).All(level => level.Length > 0) && levels[1] is "private" or "shared";

        // RFC 5464 §3.2: two levels at least, four below "vendor".
        bool isWhole = levels.Length > (levels.Length > 2 && levels[2] == "vendor" ? 4 : 2);
        return isName && (isWhole || !isWritten) ? entry : throw new ImapSyntaxException("That is no name of an entry.");
    }

    // metadata-resp = "METADATA" SP mailbox SP entry-values     RFC 5464 §5
    public static async ValueTask WriteAsync(ImapResponseWriter writer, string mailbox, IReadOnlyList<Annotation> annotations, CancellationToken cancel)
    {
        writer.Write("* METADATA "u8);
        writer.Mailbox(mailbox);
        writer.Write(" ("u8);
        for (int i = 0; i < annotations.Count; i++)
        {
            writer.Write(i == 0 ? ""u8 : " "u8);
            WriteName(writer, annotations[i].Entry);
            writer.Space();
            WriteValue(writer, annotations[i].Value);
            await writer.FlushIfLargeAsync(cancel);
        }

        writer.Line(")"u8);
    }

    // metadata-resp = "METADATA" SP mailbox SP entry-list: unsolicited, names alone     RFC 5464 §4.4.2
    public static void WriteNames(ImapResponseWriter writer, string mailbox, IReadOnlyList<string> entries)
    {
        writer.Write("* METADATA "u8);
        writer.Mailbox(mailbox);
        foreach (string entry in entries)
        {
            writer.Space();
            WriteName(writer, entry);
        }

        writer.EndLine();
    }

    // An atom where it is one.
    private static void WriteName(ImapResponseWriter writer, string entry)
    {
        if (entry.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '-' or '_' or '.'))
        {
            writer.Text(entry);
        }
        else
        {
            writer.String(Encoding.ASCII.GetBytes(entry));
        }
    }

    // value = nstring / literal8
    private static void WriteValue(ImapResponseWriter writer, byte[]? value)
    {
        if (value is null)
        {
            writer.Write("NIL"u8);
            return;
        }

        writer.Write(value.AsSpan().Contains((byte)0) ? "~"u8 : ""u8);
        writer.String(value);
    }
}
