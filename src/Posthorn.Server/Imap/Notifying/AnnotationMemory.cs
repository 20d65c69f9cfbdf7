using System.Security.Cryptography;
using Posthorn.Core.Mailboxes;
using Posthorn.Server.Imap.Listing;

namespace Posthorn.Server.Imap.Notifying;

/// <summary>The annotations that the client was told of, as hashes: what changed, and what went, is found by comparing.</summary>
/// <remarks>RFC 5465 §5.6, §5.7; the response: RFC 5464 §4.4.2. A mailbox is read again only when it changed: its annotations move its HIGHESTMODSEQ.</remarks>
internal sealed class AnnotationMemory(IReadOnlyList<EventGroup> groups)
{
    /// <summary>The name that stands for the server.</summary>
    private const string Server = "";

    private readonly Dictionary<string, Dictionary<string, Guid>> _told = [];

    private bool OfServer => groups.Any(group => group.Events.HasFlag(NotifyEvents.ServerMetadataChange));

    public async ValueTask LearnAsync(ImapSession session, AccountView view, CancellationToken cancel)
    {
        foreach (string name in Names(view, null))
        {
            _told[name] = Hashed(await ReadAsync(session, name, cancel));
        }
    }

    /// <summary>METADATA with the names of entries that changed or went.</summary>
    public async ValueTask TellAsync(ImapSession session, AccountView before, AccountView now, OwnChanges own, CancellationToken cancel)
    {
        foreach (string name in Names(now, before))
        {
            IReadOnlyList<Annotation> read = await ReadAsync(session, name, cancel);
            Dictionary<string, Guid> there = Hashed(read), known = _told.GetValueOrDefault(name) ?? [];
            _told[name] = there;
            string[] changed = [.. there.Where(pair => !known.TryGetValue(pair.Key, out Guid hash) || hash != pair.Value).Select(pair => pair.Key)
                .Concat(known.Keys.Where(entry => !there.ContainsKey(entry)))
                .Where(entry => !own.Explains(name, read.FirstOrDefault(annotation => annotation.Entry == entry) ?? new Annotation(entry, null)))
                .Order(StringComparer.Ordinal)];
            if (changed.Length > 0)
            {
                MetadataEntries.WriteNames(session.Writer, name, changed);
                await session.Writer.FlushIfLargeAsync(cancel);
            }
        }
    }

    /// <param name="since">Null: all; else those whose mailbox changed.</param>
    private IEnumerable<string> Names(AccountView view, AccountView? since)
    {
        foreach (Mailbox mailbox in view.Mailboxes)
        {
            if (since?.Find(mailbox.Id) is { } known && known.HighestModSeq == mailbox.HighestModSeq && known.Name == mailbox.Name)
            {
                continue;
            }

            if (groups.Any(group => group.Events.HasFlag(NotifyEvents.MailboxMetadataChange) && group.Holds(mailbox.Id, mailbox.Name, view.Subscriptions)))
            {
                yield return mailbox.Name;
            }
        }

        if (OfServer)
        {
            yield return Server;
        }
    }

    private static async ValueTask<IReadOnlyList<Annotation>> ReadAsync(ImapSession session, string name, CancellationToken cancel) =>
        (await session.Services.Annotations.ReadAsync(session.Actor!, session.Account!.Id, name, cancel)).TryGet(out IReadOnlyList<Annotation>? read, out _) ? read : [];

    private static Dictionary<string, Guid> Hashed(IReadOnlyList<Annotation> annotations)
    {
        var hashes = new Dictionary<string, Guid>();
        foreach (Annotation annotation in annotations.Where(annotation => annotation.Value is not null))
        {
            hashes[annotation.Entry] = new Guid(SHA256.HashData(annotation.Value!).AsSpan(0, 16));
        }

        return hashes;
    }
}
