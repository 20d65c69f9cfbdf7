using Posthorn.Core.Search;
using Posthorn.Standards.Mime;

namespace Posthorn.Server.Imap.Searching;

/// <summary>What searches look for in an ENVELOPE: decoded and folded texts.</summary>
internal sealed class SearchedEnvelope
{
    /// <summary>Nothing is known of the message; no field matches.</summary>
    public static readonly SearchedEnvelope Empty = new(EnvelopeTexts.Empty);

    private readonly string?[] _folded = new string?[(int)SearchField.MessageId + 1];
    private readonly EnvelopeTexts _texts;

    private SearchedEnvelope(EnvelopeTexts texts) => _texts = texts;

    /// <summary>The day of the Date field, as the sender's clock had it.</summary>
    public DateOnly? Sent => _texts.Sent;

    /// <summary>Null: there is no such field.</summary>
    public string? this[SearchField field] => _folded[(int)field] ??= Text(field) is { } text ? SearchText.Fold(text) : null;

    /// <summary>Null where it is no ENVELOPE.</summary>
    public static SearchedEnvelope? Read(ReadOnlySpan<byte> envelope) => EnvelopeTexts.Read(envelope) is { } texts ? new SearchedEnvelope(texts) : null;

    private string? Text(SearchField field) => field switch
    {
        SearchField.Subject => _texts.Subject,
        SearchField.From => _texts.From,
        SearchField.To => _texts.To,
        SearchField.Cc => _texts.Cc,
        SearchField.Bcc => _texts.Bcc,
        SearchField.InReplyTo => _texts.InReplyTo,
        _ => _texts.MessageId,
    };
}
