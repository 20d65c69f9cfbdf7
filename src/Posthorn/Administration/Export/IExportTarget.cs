namespace Posthorn.Administration.Export;

/// <summary>A format that mail is written in, message by message. Disposed before it is finished, it leaves open files closed and no more.</summary>
internal interface IExportTarget : IAsyncDisposable
{
    /// <summary>Begins a mailbox, which may stay empty.</summary>
    /// <returns>What it is called there; null: as it is here.</returns>
    ValueTask<string?> BeginAsync(string mailbox, CancellationToken cancel);

    /// <summary>Adds a message to the mailbox begun last.</summary>
    /// <returns>Flags that the format could not keep.</returns>
    ValueTask<IReadOnlyList<string>> AddAsync(ExportedMail mail, Stream content, CancellationToken cancel);

    /// <summary>All is on the disk when this returns.</summary>
    ValueTask FinishAsync(CancellationToken cancel);
}

/// <param name="Sender">The envelope sender; empty: none is known.</param>
/// <param name="Flags">In the words of IMAP.</param>
/// <param name="Uidl">POP3's id.</param>
internal sealed record ExportedMail(string Sender, DateTimeOffset Received, IReadOnlyList<string> Flags, string Uidl);
