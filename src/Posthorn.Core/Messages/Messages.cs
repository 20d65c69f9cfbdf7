using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Messages;

/// <summary>
/// Operations on messages, by sets. Each checks rights, keeps counters, quota and the change log, and commits before it returns:
/// what it answers is durable. Over <see cref="ChunkSize"/> messages they commit in chunks, so that one client's "mark all read" does not stop the others.
/// </summary>
public sealed class Messages
{
    /// <summary>Messages that one transaction changes at most.</summary>
    public const int ChunkSize = 2_000;

    /// <summary>A page of <see cref="ReadAsync"/>: FETCH 1:* goes through a mailbox in pages of this size.</summary>
    public const int ReadAtMost = 500;

    private readonly IStore _store;
    private readonly IBlobStore _blobs;
    private readonly TimeProvider _time;

    private readonly StoreOptions _options;

    internal Messages(IStore store, IBlobStore blobs, StoreOptions options, TimeProvider time) => (_store, _blobs, _options, _time) = (store, blobs, options, time);

    /// <summary>A sink for the octets of a new message: memory first, a file when they grow (RFC 5322 octets, CRLF lines).</summary>
    public MessageWriter StartMessage() => new(_blobs);

    /// <summary>Files messages into a mailbox, all or none (APPEND, MULTIAPPEND).</summary>
    public ValueTask<Result<Appended>> AppendAsync(
        Actor actor, AccountId account, MailboxId mailbox, IReadOnlyList<NewMessage> messages, CancellationToken cancel) =>
        AppendAsync(actor, account, mailbox, messages, null, cancel);

    /// <inheritdoc cref="AppendAsync(Actor, AccountId, MailboxId, IReadOnlyList{NewMessage}, CancellationToken)"/>
    /// <param name="mark">Written in the same transaction; may come without messages.</param>
    public async ValueTask<Result<Appended>> AppendAsync(
        Actor actor, AccountId account, MailboxId mailbox, IReadOnlyList<NewMessage> messages, ImportMark? mark, CancellationToken cancel)
    {
        DateTimeOffset now = _time.GetUtcNow();
        ValueTask<Result<Appended>> write = _store.WriteAsync<Result<Appended>>(
            new[] { account },
            session => Expect(session, account, messages),
            async session =>
            {
                Visitor visitor = await Visitor.OfAsync(session, actor, account, mailbox);
                if (visitor.ObjectTo(Right.Insert) is { } refusal)
                {
                    return refusal;
                }

                string key = mark is null ? "" : ImportMark.Key(account, mailbox, mark.Source);
                if (mark?.After is { } after && (await session.Directory.SettingAsync(key) ?? "") != after)
                {
                    return new Refusal.InUse($"The import of {mark.Source}");
                }

                // A refusal keeps what was written before it: the mark comes last.
                Result<Appended> appended = await AppendAsync(session, account, mailbox, messages, now, visitor: visitor);
                if (appended.IsOk && mark is not null)
                {
                    await session.Directory.SetSettingAsync(key, mark.Position);
                }

                return appended;
            },
            cancel);
        Result<Appended> result;
        try
        {
            result = await write;
        }
        catch (StoreUnavailableException failure) when (failure.IsOutcomeOpen)
        {
            // Nobody knows what became of it: the octets stay, the sweep finds out.
            foreach (NewMessage message in messages)
            {
                message.Content.IsKept = true;
            }

            throw;
        }

        foreach (NewMessage message in messages)
        {
            message.Content.IsKept |= result.IsOk;
        }

        return result;
    }

    /// <summary>Files a message and removes another, in one transaction (RFC 8508). Only what both together need counts against the quota.</summary>
    public async ValueTask<Result<Appended>> ReplaceAsync(
        Actor actor, AccountId account, MailboxId from, uint uid, MailboxId to, NewMessage message, CancellationToken cancel)
    {
        DateTimeOffset now = _time.GetUtcNow();
        DateTimeOffset? keptFrom = _options.KeptFrom(_time);
        try
        {
            Result<Appended> result = await _store.WriteAsync<Result<Appended>>(
                new[] { account },
                async session =>
                {
                    Visitor here = await Visitor.OfAsync(session, actor, account, from), there = await Visitor.OfAsync(session, actor, account, to);
                    if ((here.ObjectTo(Right.DeleteMessages) ?? here.ObjectTo(Right.Expunge) ?? there.ObjectTo(Right.Insert)) is { } refusal)
                    {
                        return refusal;
                    }

                    if (await session.Messages.FiledAsync(account, from, UidSet.Of(uid)) is not [var old])
                    {
                        return new Refusal.Expunged();
                    }

                    Result<Appended> appended = await AppendAsync(session, account, to, [message], now, old.SizeBytes, 1, there);
                    if (appended.IsOk)
                    {
                        await RemoveAsync(session, account, from, [old], keptFrom, now);
                    }

                    return appended;
                },
                cancel);
            message.Content.IsKept |= result.IsOk;
            return result;
        }
        catch (StoreUnavailableException failure) when (failure.IsOutcomeOpen)
        {
            // Nobody knows what became of it: the octets stay, the sweep finds out.
            message.Content.IsKept = true;
            throw;
        }
    }

    /// <summary>The position of the last <see cref="ImportMark"/> of this source; empty: none.</summary>
    public async ValueTask<Result<string>> ImportPositionAsync(Actor actor, AccountId account, MailboxId mailbox, string source, CancellationToken cancel)
    {
        if (Rights.Check(actor, account, Right.Insert) is { } refusal)
        {
            return refusal;
        }

        string key = ImportMark.Key(account, mailbox, source);
        return await _store.ReadAsync(AccountId.Store, session => session.Directory.SettingAsync(key), cancel) ?? "";
    }

    /// <summary>STORE. UIDs that do not exist are passed over.</summary>
    public async ValueTask<Result<FlagsChanged>> ChangeFlagsAsync(
        Actor actor, AccountId account, MailboxId mailbox, UidSet uids, FlagChange change, ModSeq? unchangedSince, CancellationToken cancel)
    {
        UidSet changed = UidSet.Empty, modified = UidSet.Empty;
        ModSeq modSeq = default;
        uint after = 0;

        // What a guest's own changes come to is read before, not within the write: there only what came meanwhile.
        ViewerSeen? seen = unchangedSince is { } limit && !Rights.IsOwn(actor, account)
            ? await _store.ReadAsync(account, session => ViewerSeen.ReadAsync(session, account, mailbox, actor.Principal, ViewerSeen.From(limit)), cancel)
            : null;
        while (true)
        {
            uint from = after;
            Result<FlagChunk> step = await _store.WriteAsync<Result<FlagChunk>>(
                new[] { account },
                async session => await FlagChanges.ApplyAsync(
                    session, account, mailbox, uids, from, change, unchangedSince, await Visitor.OfAsync(session, actor, account, mailbox), seen),
                cancel);
            if (!step.TryGet(out FlagChunk? chunk, out Refusal? refusal))
            {
                return refusal;
            }

            changed = changed.Union(chunk.Changed);
            modified = modified.Union(chunk.Modified);
            modSeq = chunk.ModSeq ?? modSeq;
            if (chunk.ContinueAfter is not { } next)
            {
                return new FlagsChanged(changed, modified, modSeq);
            }

            after = next;
        }
    }

    /// <summary>COPY, in UID order.</summary>
    public ValueTask<Result<Copied>> CopyAsync(Actor actor, AccountId account, MailboxId from, UidSet uids, MailboxId to, CancellationToken cancel) =>
        TransferAsync(actor, account, from, uids, to, move: false, cancel);

    /// <summary>MOVE (RFC 6851): in one transaction.</summary>
    public ValueTask<Result<Copied>> MoveAsync(Actor actor, AccountId account, MailboxId from, UidSet uids, MailboxId to, CancellationToken cancel) =>
        TransferAsync(actor, account, from, uids, to, move: true, cancel);

    /// <summary>COPY or MOVE into a mailbox of another account. The octets are shared, but each account has a message of its own.</summary>
    public async ValueTask<Result<Copied>> TransferAsync(
        Actor actor, AccountId fromAccount, MailboxId from, UidSet uids, AccountId toAccount, MailboxId to, bool move, CancellationToken cancel)
    {
        if (fromAccount == toAccount)
        {
            return await TransferAsync(actor, fromAccount, from, uids, to, move, cancel);
        }

        var crossing = new List<CrossingMessage>();
        if (await CollectAsync(actor, fromAccount, from, uids, crossing, cancel) is { } refusal)
        {
            return refusal;
        }

        DateTimeOffset now = _time.GetUtcNow();
        return await _store.WriteAsync<Result<Copied>>(
            new[] { fromAccount, toAccount },
            async session => await TransferAcross.ApplyAsync(session, actor, fromAccount, from, toAccount, to, crossing, move, now), cancel);
    }

    /// <summary>Reads what goes into another account; over <see cref="ChunkSize"/> messages are refused, for all or none go.</summary>
    private async ValueTask<Refusal?> CollectAsync(
        Actor actor, AccountId account, MailboxId mailbox, UidSet uids, List<CrossingMessage> into, CancellationToken cancel)
    {
        Visitor visitor = await _store.ReadAsync(account, session => Visitor.OfAsync(session, actor, account, mailbox), cancel);
        ViewerSeen? seen = visitor.IsGuest ? await _store.ReadAsync(account, session => ViewerSeen.FlagsAsync(session, account, mailbox, visitor.Id), cancel) : null;
        for (UidSet left = uids; !left.IsEmpty;)
        {
            Result<IReadOnlyList<Message>> page = await ReadAsync(actor, account, mailbox, left, MessageFields.Content, cancel);
            if (!page.TryGet(out IReadOnlyList<Message>? rows, out Refusal? refusal))
            {
                return refusal;
            }

            foreach (Message row in rows)
            {
                StoredBody? body = await _store.ReadAsync(account, session => session.Bodies.GetAsync(row.Body), cancel);
                await using MessageContent? content = body is null ? null : await BodyReading.OpenAsync(_blobs, [], body, cancel);
                if (content is not null)
                {
                    await using Stream octets = content.OpenRead();
                    bool isSeen = (seen?.Of(new MessageEntry(row.Uid, row.Flags, row.ModSeq)).Flags ?? row.Flags).HasFlag(MessageFlags.Seen);
                    into.Add(new CrossingMessage(row, body!, MessageMetadata.Read(octets), isSeen));
                }
            }

            if (into.Count > ChunkSize)
            {
                return new Refusal.Limit("messages that go into another account at once", ChunkSize);
            }

            uint last = rows.Count < ReadAtMost ? uint.MaxValue : rows[^1].Uid;
            left = last == uint.MaxValue ? UidSet.Empty : left.Intersect(UidSet.Of(last + 1, uint.MaxValue));
        }

        return null;
    }

    /// <summary>EXPUNGE: removes those of the set that carry \Deleted. Returns what went.</summary>
    public ValueTask<Result<UidSet>> ExpungeAsync(Actor actor, AccountId account, MailboxId mailbox, UidSet uids, CancellationToken cancel) =>
        RemoveAsync(actor, account, mailbox, uids, Right.Expunge, static message => message.Flags.HasFlag(MessageFlags.Deleted), cancel);

    /// <summary>Removes the messages whatever their flags (POP3's QUIT), in one transaction.</summary>
    public ValueTask<Result<UidSet>> DeleteAsync(Actor actor, AccountId account, MailboxId mailbox, UidSet uids, CancellationToken cancel) =>
        RemoveAsync(actor, account, mailbox, uids, Right.DeleteMessages, static _ => true, cancel);

    /// <summary>Rows of messages in UID order, <see cref="ReadAtMost"/> at the most: ask again after the last UID.</summary>
    public async ValueTask<Result<IReadOnlyList<Message>>> ReadAsync(
        Actor actor, AccountId account, MailboxId mailbox, UidSet uids, MessageFields fields, CancellationToken cancel)
    {
        return await _store.ReadAsync<Result<IReadOnlyList<Message>>>(
            account,
            async session => await Rights.CheckAsync(session, actor, account, mailbox, Right.Read) is { } refusal
                ? refusal
                : new Result<IReadOnlyList<Message>>(await session.Messages.ReadAsync(account, mailbox, uids, fields, ReadAtMost)),
            cancel);
    }

    /// <summary>Octets of the messages that carry \Deleted: what EXPUNGE would free.</summary>
    public async ValueTask<Result<long>> DeletedBytesAsync(Actor actor, AccountId account, MailboxId mailbox, CancellationToken cancel)
    {
        return await _store.ReadAsync<Result<long>>(
            account,
            async session => await Rights.CheckAsync(session, actor, account, mailbox, Right.Read) is { } refusal
                ? refusal
                : (await session.Messages.FiledAsync(account, mailbox, UidSet.All)).Where(message => message.Flags.HasFlag(MessageFlags.Deleted)).Sum(message => message.SizeBytes),
            cancel);
    }

    /// <summary>Opens the octets of a message read with <see cref="MessageFields.Content"/>. Null: they are gone (expunged meanwhile, and swept).</summary>
    /// <remarks>The right to read was asked for when the message was read.</remarks>
    public ValueTask<MessageContent?> OpenAsync(Actor actor, AccountId account, Message message, CancellationToken cancel) =>
        Contents(actor, account, [message]).OpenAsync(message, cancel);

    /// <summary>For octets of several messages, in the order of <paramref name="rows"/>.</summary>
    /// <remarks>The right to read was asked for when the messages were read.</remarks>
    public MessageContents Contents(Actor actor, AccountId account, IReadOnlyList<Message> rows)
    {
        ArgumentNullException.ThrowIfNull(actor);
        return new MessageContents(_store, _blobs, account, rows);
    }

    private static void Expect(IWriteSession session, AccountId account, IReadOnlyList<NewMessage> messages)
    {
        session.Directory.ExpectAccount(account);
        foreach (NewMessage message in messages)
        {
            session.Messages.ExpectThread(account, message.Content.Metadata.ThreadKeys);
        }
    }

    private static async ValueTask<Result<Appended>> AppendAsync(
        IWriteSession session, AccountId account, MailboxId id, IReadOnlyList<NewMessage> messages, DateTimeOffset now, long freedBytes = 0, int freedMessages = 0,
        Visitor visitor = default)
    {
        Expect(session, account, messages);
        if (await session.Mailboxes.GetAsync(account, id) is not { IsContainer: false } mailbox)
        {
            return new Refusal.NotFound("mailbox");
        }

        long size = messages.Sum(message => message.Content.Length);
        Account? owner = await session.Directory.AccountAsync(account);
        if (owner?.ObjectTo(size - freedBytes, messages.Count - freedMessages) is { } refusal)
        {
            return refusal;
        }

        Result<Keywords> keywords = await Keywords.NameAsync(
            session, account, mailbox, visitor.Rights.Has(Right.Write) ? messages.SelectMany(message => message.Keywords) : []);
        if (!keywords.TryGet(out Keywords? names, out refusal))
        {
            return refusal;
        }

        uint uid = mailbox.UidNext;
        var filing = new Filing(session, account, mailbox, await session.ModSeqAsync(account), now);
        var seen = new UidSet.Builder();
        foreach (NewMessage message in messages)
        {
            MessageFlags flags = (message.Flags | names.Mask(message.Keywords)) & visitor.Changeable;
            if (visitor.IsGuest && flags.HasFlag(MessageFlags.Seen))
            {
                seen.Add(filing.NextUid);
            }

            await filing.AddAsync(message.Content, [], flags & visitor.Shared, message.InternalDate ?? now, message.Uidl ?? Uidl.New());
        }

        await filing.FinishAsync();
        if (seen.Build() is { IsEmpty: false } read)
        {
            await (await ViewerSeen.FlagsAsync(session, account, id, visitor.Id)).SetAsync(session, account, id, visitor.Id, read, isSeen: true);
        }

        await QuotaWarning.FileAsync(session, owner, now);
        return new Appended(mailbox.UidValidity, messages.Count == 0 ? UidSet.Empty : UidSet.Of(uid, uid + (uint)messages.Count - 1));
    }

    private async ValueTask<Result<Copied>> TransferAsync(
        Actor actor, AccountId account, MailboxId from, UidSet uids, MailboxId to, bool move, CancellationToken cancel)
    {
        DateTimeOffset now = _time.GetUtcNow();
        return await _store.WriteAsync<Result<Copied>>(
            new[] { account },
            async session =>
            {
                Visitor here = await Visitor.OfAsync(session, actor, account, from), there = await Visitor.OfAsync(session, actor, account, to);
                return (here.ObjectTo(Right.Read) ?? there.ObjectTo(Right.Insert) ?? (move ? here.ObjectTo(Right.DeleteMessages) ?? here.ObjectTo(Right.Expunge) : null)) is { } refusal
                    ? refusal
                    : await Transfer.ApplyAsync(session, account, from, uids, to, move, now, here, there);
            },
            cancel);
    }

    private async ValueTask<Result<UidSet>> RemoveAsync(
        Actor actor, AccountId account, MailboxId mailbox, UidSet uids, Right right, Func<FiledMessage, bool> which, CancellationToken cancel)
    {
        DateTimeOffset now = _time.GetUtcNow();
        DateTimeOffset? keptFrom = _options.KeptFrom(_time);
        return await _store.WriteAsync<Result<UidSet>>(
            new[] { account },
            async session =>
            {
                if (await Rights.CheckAsync(session, actor, account, mailbox, right) is { } refusal)
                {
                    return refusal;
                }

                FiledMessage[] gone = [.. (await session.Messages.FiledAsync(account, mailbox, uids)).Where(which)];
                return await RemoveAsync(session, account, mailbox, gone, keptFrom, now);
            },
            cancel);
    }

    /// <param name="keptFrom">Now, where what goes can be brought back; null: it cannot.</param>
    private static async ValueTask<UidSet> RemoveAsync(
        IWriteSession session, AccountId account, MailboxId mailbox, FiledMessage[] gone, DateTimeOffset? keptFrom, DateTimeOffset now)
    {
        if (gone.Length > 0 && keptFrom is { } kept && await session.Mailboxes.GetAsync(account, mailbox) is { } source)
        {
            await session.Messages.KeepAsync(account, source, gone, kept);
        }

        return await Removal.ApplyAsync(session, account, mailbox, gone, now);
    }
}
