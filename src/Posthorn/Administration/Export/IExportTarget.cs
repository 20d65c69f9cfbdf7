namespace Posthorn.Administration.Export;

/// <summary>A format that mail is written in, message by message. Disposed before it is finished, it leaves open files closed and no more.</summary>
internal interface IExportTarget : IAsyncDisposable
{
    /// <summary>Begins a mailbox, which may stay empty. What an earlier run wrote of it without a mark goes.</summary>
    /// <returns>What it is called there; null: as it is here.</returns>
    ValueTask<string?> BeginAsync(string mailbox, CancellationToken cancel);

    /// <summary>A mailbox that an earlier run wrote whole, in its place among those that are begun: its name is taken.</summary>
    /// <returns>As of <see cref="BeginAsync"/>.</returns>
    ValueTask<string?> PassAsync(string mailbox, CancellationToken cancel);

    /// <summary>Goes on with a mailbox at the mark that an earlier run made in it; what was written behind the mark goes.</summary>
    /// <returns>As of <see cref="BeginAsync"/>.</returns>
    ValueTask<string?> ResumeAsync(string mailbox, ExportMark mark, CancellationToken cancel);

    /// <summary>Where the mailbox begun last has come to. All before it is on the disk when this returns.</summary>
    ValueTask<ExportMark> MarkAsync(CancellationToken cancel);

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
