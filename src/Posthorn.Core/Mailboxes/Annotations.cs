using Posthorn.Core.Access;
using Posthorn.Core.Changes;
using Posthorn.Core.Messages;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Mailboxes;

/// <summary>A note on a mailbox or on the server.</summary>
/// <param name="Entry">Full name in lower case: <c>/private/comment</c>.</param>
/// <param name="Value">Any octets; null: there is none, or it is to go.</param>
public sealed record Annotation(string Entry, byte[]? Value);

/// <summary>Notes on mailboxes and on the server: private ones are their writer's alone, shared ones everybody's who may see the mailbox.</summary>
/// <remarks>RFC 5464 §3. They go with their mailbox: renamed with it, deleted with it.</remarks>
public sealed class Annotations
{
    /// <summary>Octets of one value (RFC 5464 §4.1 wants 1,024 at least).</summary>
    public const int MaxValueBytes = 16 * 1024;

    /// <summary>Entries of one mailbox that one person sees.</summary>
    public const int MaxEntries = 200;

    /// <summary>What stands for the server where a mailbox stands otherwise.</summary>
    private static readonly MailboxId Server = new(0);

    private const string PrivatePrefix = "/private/";

    private readonly IStore _store;

    internal Annotations(IStore store) => _store = store;

    /// <summary>All entries that the actor sees, by name.</summary>
    /// <param name="mailbox">Its name; empty: the server.</param>
    public async ValueTask<Result<IReadOnlyList<Annotation>>> ReadAsync(Actor actor, AccountId account, string mailbox, CancellationToken cancel)
    {
        if (Rights.Check(actor, account, Right.Lookup) is { } refusal)
        {
            return refusal;
        }

        string name = MailboxName.Normalize(mailbox);
        var found = new List<Annotation>();
        if (name.Length == 0)
        {
            found.AddRange(await _store.ReadAsync(AccountId.Store, session => session.Mailboxes.AnnotationsAsync(AccountId.Store, Server, null), cancel));
        }

        bool isThere = await _store.ReadAsync(
            account,
            async session =>
            {
                MailboxId? id = name.Length == 0 ? Server : (await session.Mailboxes.FindAsync(account, name))?.Id;
                if (id is { } known)
                {
                    found.AddRange(await session.Mailboxes.AnnotationsAsync(account, known, actor.Principal));
                }

                return id is not null;
            },
            cancel);
        found.Sort(static (left, right) => string.CompareOrdinal(left.Entry, right.Entry));
        return isThere ? found : new Refusal.NotFound("such mailbox");
    }

    /// <summary>Sets all or none. Shared entries of the server are for administrators.</summary>
    public async ValueTask<Result<Done>> SetAsync(
        Actor actor, AccountId account, string mailbox, IReadOnlyList<Annotation> entries, CancellationToken cancel)
    {
        string name = MailboxName.Normalize(mailbox);
        bool isShared = name.Length == 0 && entries.Any(entry => !IsPrivate(entry.Entry));
        if ((Rights.Check(actor, account, Right.KeepSeen) ?? (isShared ? Rights.Check(actor, AccountId.Store, Right.Administer) : null)) is { } refusal)
        {
            return refusal;
        }

        if (entries.Any(entry => entry.Value?.Length > MaxValueBytes))
        {
            return new Refusal.Limit(nameof(MaxValueBytes), MaxValueBytes);
        }

        return await _store.WriteAsync<Result<Done>>(
            isShared ? new[] { AccountId.Store, account } : [account],
            async session =>
            {
                MailboxId? id = name.Length == 0 ? Server : (await session.Mailboxes.FindAsync(account, name))?.Id;
                return id is not { } known ? new Refusal.NotFound("such mailbox") : await SetAsync(session, actor.Principal, account, known, entries);
            },
            cancel);
    }

    private static async ValueTask<Result<Done>> SetAsync(
        IWriteSession session, AccountId viewer, AccountId account, MailboxId mailbox, IReadOnlyList<Annotation> entries)
    {
        // Counted before anything is written: a refusal keeps what was.
        HashSet<string> names = [.. (await session.Mailboxes.AnnotationsAsync(account, mailbox, viewer)).Select(annotation => annotation.Entry)];
        if (mailbox == Server)
        {
            names.UnionWith((await session.Mailboxes.AnnotationsAsync(AccountId.Store, mailbox, null)).Select(annotation => annotation.Entry));
        }

        int before = names.Count;
        foreach (Annotation entry in entries)
        {
            _ = entry.Value is null ? names.Remove(entry.Entry) : names.Add(entry.Entry);
        }

        if (names.Count > MaxEntries && names.Count > before)
        {
            return new Refusal.Limit(nameof(MaxEntries), MaxEntries);
        }

        foreach (Annotation entry in entries)
        {
            bool isPrivate = IsPrivate(entry.Entry);
            AccountId owner = mailbox == Server && !isPrivate ? AccountId.Store : account;
            await session.Mailboxes.AnnotateAsync(owner, mailbox, isPrivate ? viewer : null, entry);
        }

        ModSeq modSeq = await session.ModSeqAsync(account);
        if (mailbox != Server)
        {
            // RFC 7162 §3.2: a note on a mailbox moves its HIGHESTMODSEQ.
            await session.Mailboxes.ChangeAsync(account, mailbox, default, modSeq);
        }
        else if (entries.Any(entry => !IsPrivate(entry.Entry)))
        {
            // Everybody's: all sessions look.
            await session.Changes.AddAsync(AccountId.Store, modSeq, CollectionKind.Annotations, mailbox.Value, ChangeKind.Changed, UidSet.Empty);
        }

        await session.Changes.AddAsync(account, modSeq, CollectionKind.Annotations, mailbox.Value, ChangeKind.Changed, UidSet.Empty);
        return Done.Value;
    }

    private static bool IsPrivate(string entry) => entry.StartsWith(PrivatePrefix, StringComparison.Ordinal);
}
