using Posthorn.Core.Changes;
using Posthorn.Core.Messages;
using Posthorn.Core.Scheduling;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Mailboxes;

/// <summary>Creating, renaming and deleting within one transaction. Names are normalised.</summary>
internal static class MailboxTree
{
    public static async ValueTask<Result<Mailbox>> CreateAsync(IWriteSession session, AccountId account, string name, SpecialUse use, int most)
    {
        if (Objection(name) is { } objection)
        {
            return new Refusal.Invalid(objection);
        }

        IReadOnlyList<Mailbox> all = await session.Mailboxes.ListAsync(account);
        if (use != SpecialUse.None && all.Any(other => other.Use == use))
        {
            return new Refusal.AlreadyExists($"A mailbox for {use}");
        }

        if (all.FirstOrDefault(other => other.Name == name) is { } existing)
        {
            return existing.IsContainer ? await FillContainerAsync(session, account, existing) : new Refusal.AlreadyExists($"The mailbox {name}");
        }

        string[] missing = MissingParents(all, name);
        if (all.Count + missing.Length + 1 > most)
        {
            return TooMany(most);
        }

        var ids = new List<uint>();
        Mailbox? around = await InsertParentsAsync(session, account, all, name, missing, ids);
        Mailbox created = await InsertAsync(session, account, name, use, around);
        ids.Add((uint)created.Id.Value);
        await LogAsync(session, account, ChangeKind.Added, ids);
        return created;
    }

    public static async ValueTask<Result<Mailbox>> RenameAsync(IWriteSession session, AccountId account, string from, string to, int most, DateTimeOffset now)
    {
        if (Objection(to) is { } objection)
        {
            return new Refusal.Invalid(objection);
        }

        IReadOnlyList<Mailbox> all = await session.Mailboxes.ListAsync(account);
        if (all.FirstOrDefault(mailbox => mailbox.Name == from) is not { } source)
        {
            return new Refusal.NotFound("such mailbox");
        }

        if (all.Any(mailbox => mailbox.Name == to))
        {
            return new Refusal.AlreadyExists($"The mailbox {to}");
        }

        if (MailboxName.IsInside(to, from) && from != Mailbox.Inbox)
        {
            return new Refusal.Invalid("A folder cannot be moved into itself.");
        }

        if (from == Mailbox.Inbox)
        {
            return await EmptyInboxAsync(session, account, source, to, most, now);
        }

        Mailbox[] moved = [source, .. all.Where(mailbox => MailboxName.IsInside(mailbox.Name, from))];
        // Before anything is written: a refusal keeps what was.
        if (moved.Select(mailbox => Objection(to + mailbox.Name[from.Length..])).FirstOrDefault(found => found is not null) is { } objectionInside)
        {
            return new Refusal.Invalid(objectionInside);
        }

        string[] missing = MissingParents(all, to);
        if (missing.Length > 0 && all.Count + missing.Length > most)
        {
            return TooMany(most);
        }

        var made = new List<uint>();
        await InsertParentsAsync(session, account, all, to, missing, made);
        if (made.Count > 0)
        {
            await LogAsync(session, account, ChangeKind.Added, made);
        }

        var ids = new List<uint>();
        foreach (Mailbox mailbox in moved)
        {
            await session.Mailboxes.RenameAsync(account, mailbox.Id, to + mailbox.Name[from.Length..]);
            ids.Add((uint)mailbox.Id.Value);
        }

        await LogAsync(session, account, ChangeKind.Changed, ids);
        return source with { Name = to };
    }

    public static async ValueTask<Result<Done>> DeleteAsync(IWriteSession session, AccountId account, string name, DateTimeOffset? keptFrom, DateTimeOffset now)
    {
        if (name == Mailbox.Inbox)
        {
            return new Refusal.Invalid("INBOX cannot be deleted.");
        }

        IReadOnlyList<Mailbox> all = await session.Mailboxes.ListAsync(account);
        if (all.FirstOrDefault(mailbox => mailbox.Name == name) is not { } target)
        {
            return new Refusal.NotFound("such mailbox");
        }

        if (all.Any(mailbox => MailboxName.IsInside(mailbox.Name, name)))
        {
            return new Refusal.HasChildren(name);
        }

        IReadOnlyList<FiledMessage> messages = await session.Messages.FiledAsync(account, target.Id, UidSet.All);
        if (keptFrom is { } kept)
        {
            await session.Messages.KeepAsync(account, target, messages, kept);
        }

        await Plans.EndAsync(session, account, target.Id, UidSet.All, now);
        await session.Messages.UnfileAsync(account, target.Id, messages);
        await session.Directory.AddUsageAsync(account, -messages.Sum(message => message.SizeBytes), -messages.Count);
        await session.Mailboxes.DeleteAsync(account, target.Id);
        await LogAsync(session, account, ChangeKind.Removed, [(uint)target.Id.Value]);
        return Done.Value;
    }

    // A mailbox of one's own under such a name could not be opened, or another's would be in its place.
    private static string? Objection(string name) =>
        MailboxName.Objection(name) ?? (Namespaces.TrySplit(name, out _, out _, out _) ? $"{name} means a mailbox of another account." : null);

    private static Refusal.Limit TooMany(int most) => new("mailboxes of an account", most);

    private static string[] MissingParents(IReadOnlyList<Mailbox> all, string name) => [.. MailboxName.Parents(name).Where(parent => all.All(other => other.Name != parent))];

    /// <returns>The mailbox around the name; null: it is at the top.</returns>
    private static async ValueTask<Mailbox?> InsertParentsAsync(
        IWriteSession session, AccountId account, IReadOnlyList<Mailbox> all, string name, string[] missing, List<uint> ids)
    {
        Mailbox? around = all.Where(other => MailboxName.IsInside(name, other.Name)).MaxBy(other => other.Name.Length);
        foreach (string parent in missing)
        {
            around = await InsertAsync(session, account, parent, SpecialUse.None, around);
            ids.Add((uint)around.Id.Value);
        }

        return around;
    }

    /// <summary>RFC 4314 §4: whoever may use the mailbox around a new one may use that, too.</summary>
    private static async ValueTask<Mailbox> InsertAsync(IWriteSession session, AccountId account, string name, SpecialUse use, Mailbox? around)
    {
        Mailbox created = await session.Mailboxes.InsertAsync(account, name, use, isContainer: false);
        if (around is not null)
        {
            await session.Mailboxes.CopyGrantsAsync(account, around.Id, created.Id);
        }

        return created;
    }

    private static async ValueTask<Result<Mailbox>> FillContainerAsync(IWriteSession session, AccountId account, Mailbox container)
    {
        await session.Mailboxes.SetContainerAsync(account, container.Id, isContainer: false);
        await LogAsync(session, account, ChangeKind.Changed, [(uint)container.Id.Value]);
        return container with { IsContainer = false };
    }

    /// <summary>RENAME INBOX: the messages go to a new mailbox, INBOX stays, and so do its children (RFC 9051 §6.3.6).</summary>
    private static async ValueTask<Result<Mailbox>> EmptyInboxAsync(IWriteSession session, AccountId account, Mailbox inbox, string to, int most, DateTimeOffset now)
    {
        Result<Mailbox> created = await CreateAsync(session, account, to, SpecialUse.None, most);
        if (!created.TryGet(out Mailbox? target, out Refusal? refusal))
        {
            return refusal;
        }

        // RFC 5464 §4.1: they stay on the inbox, too.
        await session.Mailboxes.CopyAnnotationsAsync(account, inbox.Id, target.Id);
        await Transfer.ApplyAsync(session, account, inbox.Id, UidSet.All, target.Id, move: true, now);
        return target;
    }

    private static async ValueTask LogAsync(IWriteSession session, AccountId account, ChangeKind change, IEnumerable<uint> ids) =>
        await session.Changes.AddAsync(account, await session.ModSeqAsync(account), CollectionKind.MailboxList, 0, change, UidSet.From(ids));
}
