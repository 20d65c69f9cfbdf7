namespace Posthorn.Standards.Mbox;

/// <summary>One message of an mbox file. It is valid until the next one is asked for.</summary>
public sealed class MboxMessage
{
    internal MboxMessage(long offset, FromLine? from, IReadOnlyList<string> flags, string uidl, Stream content) =>
        (Offset, HasFromLine, Sender, Date, Flags, Uidl, Content) = (offset, from is not null, from?.Sender ?? "", from?.Date, flags, uidl, content);

    /// <summary>Where its From line begins in the file, in octets: an import that was stopped goes on from here.</summary>
    public long Offset { get; }

    /// <summary>False for what stands before the first From line of a file: the file may be no mbox at all.</summary>
    public bool HasFromLine { get; }

    /// <summary>The envelope sender as it stands in the From line.</summary>
    public string Sender { get; }

    public DateTimeOffset? Date { get; }

    /// <summary>Flags in the words of IMAP (<c>\Seen</c>, <c>work</c>), from Status, X-Status, X-Keywords and X-Mozilla-Status.</summary>
    public IReadOnlyList<string> Flags { get; }

    /// <summary>POP3's id, where <see cref="MboxWriter"/> wrote one; else empty.</summary>
    public string Uidl { get; }

    /// <summary>The octets of the message, unquoted, with the line ends of the file. Read it once, from start to end; what is left unread is skipped.</summary>
    public Stream Content { get; }
}
