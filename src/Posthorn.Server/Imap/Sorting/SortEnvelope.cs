using Posthorn.Standards.Mime;

namespace Posthorn.Server.Imap.Sorting;

/// <summary>What SORT and THREAD take from a stored ENVELOPE.</summary>
/// <remarks>RFC 5256 §2.1, §2.2, §3; the display value of an address: RFC 5957 §3.</remarks>
internal sealed class SortEnvelope
{
    /// <summary>Of a message whose envelope is not there or cannot be read.</summary>
    private static readonly SortEnvelope Empty = new();

    /// <summary>The Date field; null: there is none that can be read.</summary>
    public DateTimeOffset? Sent { get; private init; }

    /// <summary>Decoded.</summary>
    public string Subject { get; private init; } = "";

    public SortAddress From { get; private init; }

    public SortAddress To { get; private init; }

    public SortAddress Cc { get; private init; }

    /// <summary>The first id of In-Reply-To.</summary>
    public string? InReplyTo { get; private init; }

    public string? MessageId { get; private init; }

    // envelope = "(" env-date SP env-subject SP env-from SP env-sender SP env-reply-to SP env-to SP env-cc SP env-bcc SP
    //            env-in-reply-to SP env-message-id ")"     RFC 9051 §9
    public static SortEnvelope Read(byte[]? stored)
    {
        if (stored is null)
        {
            return Empty;
        }

        var reader = new ImapReader(stored, ImapDialect.Imap4Rev2);
        try
        {
            reader.Expect((byte)'(');
            DateTimeOffset? sent = reader.TryNString(out ReadOnlySpan<byte> date) ? DateText.Read(date) : null;
            reader.Space();
            string subject = reader.TryNString(out ReadOnlySpan<byte> text) ? HeaderText.Decode(text) : "";
            reader.Space();
            SortAddress from = ReadFirst(ref reader);
            ReadFirst(ref reader);
            ReadFirst(ref reader);
            SortAddress to = ReadFirst(ref reader), cc = ReadFirst(ref reader);
            ReadFirst(ref reader);
            string? inReplyTo = reader.TryNString(out ReadOnlySpan<byte> parents) ? ReadFirstId(parents) : null;
            reader.Space();
            string? id = reader.TryNString(out ReadOnlySpan<byte> own) ? MessageIds.ReadOwn(own) : null;
            return new SortEnvelope { Sent = sent, Subject = subject, From = from, To = to, Cc = cc, InReplyTo = inReplyTo, MessageId = id };
        }
        catch (ImapSyntaxException)
        {
            return Empty;
        }
    }

    private static string? ReadFirstId(ReadOnlySpan<byte> value)
    {
        List<string> ids = [];
        int close = value.IndexOf((byte)'>');
        MessageIds.Read(close < 0 ? value : value[..(close + 1)], ids, 1);
        return ids.Count > 0 ? ids[0] : null;
    }

    // "(" 1*address ")" / nil;  address = "(" addr-name SP addr-adl SP addr-mailbox SP addr-host ")"
    private static SortAddress ReadFirst(ref ImapReader reader)
    {
        SortAddress? first = null;
        if (!reader.TryKeyword("NIL"u8))
        {
            reader.Expect((byte)'(');
            while (reader.TryRead((byte)'('))
            {
                SortAddress address = ReadAddress(ref reader, isWanted: first is null);
                first ??= address;
            }

            reader.Expect((byte)')');
        }

        reader.Space();
        return first ?? default;
    }

    private static SortAddress ReadAddress(ref ImapReader reader, bool isWanted)
    {
        string? name = ReadText(ref reader, isWanted);
        reader.Space();
        reader.TryNString(out _);
        reader.Space();
        string? mailbox = ReadText(ref reader, isWanted);
        reader.Space();
        string? host = ReadText(ref reader, isWanted);
        reader.Expect((byte)')');
        return new SortAddress(name, mailbox, host);
    }

    private static string? ReadText(ref ImapReader reader, bool isWanted) =>
        reader.TryNString(out ReadOnlySpan<byte> text) && isWanted ? HeaderText.Decode(text) : null;
}

/// <summary>An address of an ENVELOPE, decoded; null is NIL.</summary>
internal readonly record struct SortAddress(string? Name, string? Mailbox, string? Host)
{
    /// <remarks>RFC 5957 §3.</remarks>
    public string Display => !string.IsNullOrEmpty(Name) ? Name : Mailbox is null ? "" : Host is null ? Mailbox : $"{Mailbox}@{Host}";
}
