using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
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

    internal Messages(IStore store, IBlobStore blobs, TimeProvider time) => (_store, _blobs, _time) = (store, blobs, time);

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
        if (Rights.Check(actor, account, Right.Insert) is { } refusal)
        {
            return refusal;
        }

        DateTimeOffset now = _time.GetUtcNow();
        ValueTask<Result<Appended>> write = _store.WriteAsync<Result<Appended>>(
            new[] { account },
            async session =>
            {
                string key = mark is null ? "" : ImportMark.Key(account, mailbox, mark.Source);
                if (mark?.After is { } after && (await session.Directory.SettingAsync(key) ?? "") != after)
                {
                    return new Refusal.InUse($"The import of {mark.Source}");
                }

                // A refusal keeps what was written before it: the mark comes last.
                Result<Appended> appended = await AppendAsync(session, account, mailbox, messages, now);
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
        if (Rights.Check(actor, account, Right.Write) is { } refusal)
        {
            return refusal;
        }

        UidSet changed = UidSet.Empty, modified = UidSet.Empty;
        ModSeq modSeq = default;
        uint after = 0;
        while (true)
        {
            uint from = after;
            Result<FlagChunk> step = await _store.WriteAsync<Result<FlagChunk>>(
                new[] { account }, async session => await FlagChanges.ApplyAsync(session, account, mailbox, uids, from, change, unchangedSince), cancel);
            if (!step.TryGet(out FlagChunk? chunk, out refusal))
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
        if (Rights.Check(actor, account, Right.Read) is { } refusal)
        {
            return refusal;
        }

        IReadOnlyList<Message> messages = await _store.ReadAsync(
            account, session => session.Messages.ReadAsync(account, mailbox, uids, fields, ReadAtMost), cancel);
        return new Result<IReadOnlyList<Message>>(messages);
    }

    /// <summary>Octets of the messages that carry \Deleted: what EXPUNGE would free.</summary>
    public async ValueTask<Result<long>> DeletedBytesAsync(Actor actor, AccountId account, MailboxId mailbox, CancellationToken cancel)
    {
        if (Rights.Check(actor, account, Right.Read) is { } refusal)
        {
            return refusal;
        }

        IReadOnlyList<FiledMessage> filed = await _store.ReadAsync(account, session => session.Messages.FiledAsync(account, mailbox, UidSet.All), cancel);
        return filed.Where(message => message.Flags.HasFlag(MessageFlags.Deleted)).Sum(message => message.SizeBytes);
    }

    /// <summary>Opens the octets of a message read with <see cref="MessageFields.Content"/>. Null: they are gone (expunged meanwhile, and swept).</summary>
    public async ValueTask<MessageContent?> OpenAsync(Actor actor, AccountId account, Message message, CancellationToken cancel)
    {
        if (Rights.Check(actor, account, Right.Read) is not null)
        {
            return null;
        }

        byte[] prefix = message.Prefix ?? throw new ArgumentException("The message was read without its content.", nameof(message));
        StoredBody? body = await _store.ReadAsync(account, session => session.Bodies.GetAsync(message.Body), cancel);
        return body is null ? null : await BodyReading.OpenAsync(_blobs, prefix, body, cancel);
    }

    private static async ValueTask<Result<Appended>> AppendAsync(
        IWriteSession session, AccountId account, MailboxId id, IReadOnlyList<NewMessage> messages, DateTimeOffset now)
    {
        if (await session.Mailboxes.GetAsync(account, id) is not { IsContainer: false } mailbox)
        {
            return new Refusal.NotFound("mailbox");
        }

        long size = messages.Sum(message => message.Content.Length);
        Account? owner = await session.Directory.AccountAsync(account);
        if (owner?.ObjectTo(size, messages.Count) is { } refusal)
        {
            return refusal;
        }

        Result<Keywords> keywords = await Keywords.NameAsync(session, account, mailbox, messages.SelectMany(message => message.Keywords));
        if (!keywords.TryGet(out Keywords? names, out refusal))
        {
            return refusal;
        }

        uint uid = mailbox.UidNext;
        var filing = new Filing(session, account, mailbox, await session.ModSeqAsync(account), now);
        foreach (NewMessage message in messages)
        {
            await filing.AddAsync(
                message.Content, [], message.Flags | names.Mask(message.Keywords), message.InternalDate ?? now, message.Uidl ?? Uidl.New());
        }

        await filing.FinishAsync();
        await QuotaWarning.FileAsync(session, owner, now);
        return new Appended(mailbox.UidValidity, messages.Count == 0 ? UidSet.Empty : UidSet.Of(uid, uid + (uint)messages.Count - 1));
    }

    private async ValueTask<Result<Copied>> TransferAsync(
        Actor actor, AccountId account, MailboxId from, UidSet uids, MailboxId to, bool move, CancellationToken cancel)
    {
        if (Rights.Check(actor, account, move ? Right.DeleteMessages : Right.Insert) is { } refusal)
        {
            return refusal;
        }

        DateTimeOffset now = _time.GetUtcNow();
        return await _store.WriteAsync<Result<Copied>>(
            new[] { account }, async session => await Transfer.ApplyAsync(session, account, from, uids, to, move, now), cancel);
    }

    private async ValueTask<Result<UidSet>> RemoveAsync(
        Actor actor, AccountId account, MailboxId mailbox, UidSet uids, Right right, Func<FiledMessage, bool> which, CancellationToken cancel)
    {
        if (Rights.Check(actor, account, right) is { } refusal)
        {
            return refusal;
        }

        return await _store.WriteAsync<Result<UidSet>>(
            new[] { account },
            async session =>
            {
                FiledMessage[] gone = [.. (await session.Messages.FiledAsync(account, mailbox, uids)).Where(which)];
                return await Removal.ApplyAsync(session, account, mailbox, gone);
            },
            cancel);
    }
}
