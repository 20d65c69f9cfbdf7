using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Messages;

/// <summary>Messages by conversation: the threads that delivery joined (RFC 8474 THREADID), as one sees them in a mailbox, and whole.</summary>
/// <remarks>
/// A message never changes its conversation, and no UID names two messages: so what was read once of a mailbox is kept, and of the next state only the new messages are
/// read. Mailboxes that nobody looked at for long are forgotten.
/// </remarks>
public sealed class Conversations
{
    /// <summary>Messages of one conversation that are shown; it has its newest.</summary>
    public const int MaxShown = 200;

    /// <summary>Mailboxes whose conversations are kept. Twelve bytes a message.</summary>
    private const int MaxMailboxes = 64;

    private readonly IStore _store;
    private readonly Mailboxes.Mailboxes _mailboxes;
    private readonly Lock _lock = new();
    private readonly RecentTable<(AccountId, MailboxId, UidValidity), Known> _known = new(MaxMailboxes);

    internal Conversations(IStore store, Mailboxes.Mailboxes mailboxes) => (_store, _mailboxes) = (store, mailboxes);

    /// <summary>All conversations of a mailbox, the one with the newest message first.</summary>
    public async ValueTask<Result<ConversationList>> ListAsync(Actor actor, AccountId account, MailboxId mailbox, CancellationToken cancel)
    {
        if (!(await _mailboxes.SnapshotAsync(actor, account, mailbox, cancel)).TryGet(out MailboxSnapshot? snapshot, out Refusal? refusal))
        {
            return refusal;
        }

        (AccountId, MailboxId, UidValidity) key = (account, mailbox, snapshot.Mailbox.UidValidity);
        Known? before;
        lock (_lock)
        {
            _known.TryGet(key, out before);
        }

        if (before?.List.Snapshot == snapshot)
        {
            return before.List;
        }

        await snapshot.LoadAsync(cancel);
        Dictionary<uint, ThreadId> threads = before?.Threads ?? [];
        UidSet unknown = UidSet.From(snapshot.Enumerate().Where(entry => !threads.ContainsKey(entry.Uid)).Select(static entry => entry.Uid));
        if (!unknown.IsEmpty)
        {
            // Another reader may look at the older table at this moment.
            threads = new Dictionary<uint, ThreadId>(threads);
            foreach ((uint uid, ThreadId thread) in await _store.ReadAsync(account, session => session.Messages.ThreadsAsync(account, mailbox, unknown), cancel))
            {
                threads[uid] = thread;
            }
        }

        var list = new ConversationList(snapshot, threads);
        lock (_lock)
        {
            _known.Set(key, new Known(threads, list));
        }

        return list;
    }

    /// <summary>Where the messages of a conversation lie, over all mailboxes, the oldest first.</summary>
    public async ValueTask<Result<IReadOnlyList<(MailboxId Mailbox, uint Uid)>>> FindAsync(Actor actor, AccountId account, ThreadId thread, CancellationToken cancel)
    {
        if (Rights.Check(actor, account, Right.Read) is { } refusal)
        {
            return refusal;
        }

        return new Result<IReadOnlyList<(MailboxId, uint)>>(
            await _store.ReadAsync(account, session => session.Messages.ConversationAsync(account, thread, MaxShown), cancel));
    }

    private sealed record Known(Dictionary<uint, ThreadId> Threads, ConversationList List);
}

/// <summary>The conversations of one state of a mailbox.</summary>
public sealed class ConversationList
{
    private readonly List<Conversation> _all = [];
    private readonly Dictionary<ThreadId, List<uint>> _uids = [];
    private readonly Dictionary<uint, ThreadId> _threads;

    internal ConversationList(MailboxSnapshot snapshot, Dictionary<uint, ThreadId> threads)
    {
        (Snapshot, _threads) = (snapshot, threads);
        var unread = new Dictionary<ThreadId, bool>();
        for (int position = snapshot.Count - 1; position >= 0; position--)
        {
            MessageEntry entry = snapshot[position];
            // A message that was filed since then: it is its own conversation until the next look.
            ThreadId thread = threads.GetValueOrDefault(entry.Uid, new ThreadId(-entry.Uid));
            if (!_uids.TryGetValue(thread, out List<uint>? uids))
            {
                _uids.Add(thread, uids = []);
            }

            uids.Add(entry.Uid);
            unread[thread] = unread.GetValueOrDefault(thread) || !entry.Flags.HasFlag(MessageFlags.Seen);
        }

        foreach ((ThreadId thread, List<uint> uids) in _uids)
        {
            _all.Add(new Conversation(thread, uids[0], uids.Count, unread[thread]));
        }
    }

    /// <summary>The state.</summary>
    public MailboxSnapshot Snapshot { get; }

    /// <summary>The one with the newest message first.</summary>
    public IReadOnlyList<Conversation> All => _all;

    /// <summary>All messages of the mailbox that are of one conversation with one of these.</summary>
    public UidSet Whole(UidSet uids) => UidSet.From(uids.Enumerate()
        .SelectMany(uid => _threads.TryGetValue(uid, out ThreadId thread) && _uids.TryGetValue(thread, out List<uint>? all) ? all : [uid]).Distinct());
}

/// <param name="Newest">UID of its newest message in the mailbox.</param>
/// <param name="Count">Its messages in the mailbox.</param>
/// <param name="IsUnread">One of them is not read.</param>
public readonly record struct Conversation(ThreadId Thread, uint Newest, int Count, bool IsUnread);
