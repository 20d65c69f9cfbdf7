using System.Text;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Core.Search;
using Posthorn.Standards.Mime;

namespace Posthorn.Server.Imap.Searching;

/// <summary>A message as far as it is known; one object goes through a whole mailbox.</summary>
internal sealed class SearchedMessage
{
    private SearchedEnvelope? _envelope;
    private (IndexedTexts Texts, int Number)? _indexed;

    /// <summary>From 0, in the view.</summary>
    public int Position { get; private set; }

    public MessageEntry Entry { get; private set; }

    public Message? Row { get; private set; }

    /// <summary>All trace lines and fields; null until they are read.</summary>
    public ReadOnlyMemory<byte>? Header { get; set; }

    /// <summary>Null until octets are read.</summary>
    public TextFindings? Text { get; set; }

    /// <summary>From the row, or where that has none that can be read, from the header. Null: neither is read.</summary>
    public SearchedEnvelope? Envelope => _envelope ??=
        (Row?.Envelope is { Length: > 0 } stored ? SearchedEnvelope.Read(stored) : null)
        ?? (Header is { } header ? SearchedEnvelope.Read(MessageEnvelope.ToImapBytes(header.Span)) ?? SearchedEnvelope.Empty : null);

    /// <summary>The next message.</summary>
    /// <param name="indexed">What the index says of the mailbox, and the number of the message there; null: it does not know the message.</param>
    public void Become(int position, MessageEntry entry, Message? row, (IndexedTexts Texts, int Number)? indexed = null)
    {
        (Position, Entry, Row, _indexed) = (position, entry, row, indexed);
        (Header, Text, _envelope) = (null, null, null);
    }

    /// <summary>What the index says of a query of the plan; null: nothing.</summary>
    public bool? Indexed(int query) => _indexed is var (texts, number) ? texts.Answer(query, number) : null;

    /// <summary>Whether a field of that name holds the folded text. Null: the header is not read.</summary>
    public bool? HasField(string name, string folded)
    {
        if (Header is not { } header)
        {
            return null;
        }

        foreach (HeaderField field in HeaderBlock.OfFields(header.Span).All(Encoding.Latin1.GetBytes(name)))
        {
            if (folded.Length == 0 || SearchText.Fold(HeaderText.Decode(field.Value)).Contains(folded, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
