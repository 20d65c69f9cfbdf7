using System.Text;
using Posthorn.Standards.Mime;

namespace Posthorn.Server.Imap.Searching;

/// <summary>What searches look for in an ENVELOPE: decoded and folded texts.</summary>
internal sealed class SearchedEnvelope
{
    /// <summary>Nothing is known of the message; no field matches.</summary>
    public static readonly SearchedEnvelope Empty = new();

    private readonly string?[] _texts = new string?[(int)SearchField.MessageId + 1];

    /// <summary>The day of the Date field, as the sender's clock had it.</summary>
    public DateOnly? Sent { get; private init; }

    /// <summary>Null: there is no such field.</summary>
    public string? this[SearchField field] => _texts[(int)field];

    /// <summary>Null where it is no ENVELOPE.</summary>
    // envelope = "(" env-date SP env-subject SP env-from SP env-sender SP env-reply-to SP env-to SP env-cc SP env-bcc SP
    //            env-in-reply-to SP env-message-id ")"     RFC 9051 §9
    public static SearchedEnvelope? Read(ReadOnlySpan<byte> envelope)
    {
        var reader = new ImapReader(envelope, ImapDialect.Imap4Rev2);
        try
        {
            reader.Expect((byte)'(');
            var read = new SearchedEnvelope { Sent = ReadDate(ref reader) };
            read._texts[(int)SearchField.Subject] = ReadText(ref reader);
            read._texts[(int)SearchField.From] = ReadAddresses(ref reader);
            ReadAddresses(ref reader);
            ReadAddresses(ref reader);
            read._texts[(int)SearchField.To] = ReadAddresses(ref reader);
            read._texts[(int)SearchField.Cc] = ReadAddresses(ref reader);
            read._texts[(int)SearchField.Bcc] = ReadAddresses(ref reader);
            read._texts[(int)SearchField.InReplyTo] = ReadText(ref reader);
            read._texts[(int)SearchField.MessageId] = reader.TryNString(out ReadOnlySpan<byte> id) ? Fold(id) : null;
            reader.Expect((byte)')');
            return read;
        }
        catch (ImapSyntaxException)
        {
            return null;
        }
    }

    private static DateOnly? ReadDate(ref ImapReader reader)
    {
        bool isThere = reader.TryNString(out ReadOnlySpan<byte> text);
        reader.Space();
        return isThere && DateText.Read(text) is { } date ? DateOnly.FromDateTime(date.DateTime) : null;
    }

    private static string? ReadText(ref ImapReader reader)
    {
        string? text = reader.TryNString(out ReadOnlySpan<byte> value) ? Fold(value) : null;
        reader.Space();
        return text;
    }

    // "(" 1*address ")" / nil;  address = "(" addr-name SP addr-adl SP addr-mailbox SP addr-host ")"
    private static string? ReadAddresses(ref ImapReader reader)
    {
        if (reader.TryKeyword("NIL"u8))
        {
            reader.Space();
            return null;
        }

        var text = new StringBuilder();
        reader.Expect((byte)'(');
        while (reader.TryRead((byte)'('))
        {
            text.Append(text.Length == 0 ? "" : ", ");
            Append(text, reader.TryNString(out ReadOnlySpan<byte> name) ? HeaderText.Decode(name) + " " : "", "");
            reader.Space();
            reader.TryNString(out _);
            reader.Space();
            Append(text, reader.TryNString(out ReadOnlySpan<byte> mailbox) ? HeaderText.Decode(mailbox) : "", "<");
            reader.Space();
            Append(text, reader.TryNString(out ReadOnlySpan<byte> host) ? HeaderText.Decode(host) + ">" : "", "@");
            reader.Expect((byte)')');
        }

        reader.Expect((byte)')');
        reader.Space();
        return SearchText.Fold(text.ToString());
    }

    private static void Append(StringBuilder text, string part, string before)
    {
        if (part.Length > 0)
        {
            text.Append(before).Append(part);
        }
    }

    private static string Fold(ReadOnlySpan<byte> value) => SearchText.Fold(HeaderText.Decode(value));
}
