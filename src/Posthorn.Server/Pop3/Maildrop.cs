using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Maildrops;
using Posthorn.Core.Messages;

namespace Posthorn.Server.Pop3;

/// <summary>The maildrop of one session: as it was when the session began, with what is marked to go.</summary>
internal sealed class Maildrop(Messages messages, Actor actor, MaildropLease lease)
{
    /// <summary>Rows read ahead: clients fetch in order, and small messages come with them.</summary>
    private const int Ahead = 100;

    private readonly HashSet<int> _deleted = [];
    private readonly Dictionary<uint, Message> _rows = [];
    private MessageContents _contents = messages.Contents(actor, lease.Account, []);
    private (int Number, Message? Row) _last;

    public MaildropLease Lease { get; } = lease;

    public Actor Actor { get; } = actor;

    public int Count => Lease.Messages.Count - _deleted.Count;

    public long SizeBytes => Live().Sum(message => message.Message.SizeBytes);

    /// <summary>Messages that are not marked, with their numbers.</summary>
    public IEnumerable<(int Number, MaildropMessage Message)> Live() =>
        Lease.Messages.Select((message, at) => (at + 1, message)).Where(pair => !_deleted.Contains(pair.Item1));

    /// <summary>Null when there is no such message, or it is marked.</summary>
    public MaildropMessage? Find(int number) => number <= Lease.Messages.Count && !_deleted.Contains(number) ? Lease.Messages[number - 1] : null;

    public void Delete(int number) => _deleted.Add(number);

    public void Reset() => _deleted.Clear();

    /// <summary>Opens a message; null when somebody else has removed it meanwhile.</summary>
    public async ValueTask<Core.Bodies.MessageContent?> OpenAsync(int number, CancellationToken cancel)
    {
        uint uid = Lease.Messages[number - 1].Uid;
        if (number == _last.Number)
        {
            // TOP, then RETR: what was read ahead stays.
            return _last.Row is { } again ? await messages.OpenAsync(Actor, Lease.Account, again, cancel) : null;
        }

        if (!_rows.Remove(uid, out Message? row))
        {
            // Backwards or far away: nothing that is read ahead would be used.
            int most = _last.Number == 0 || (number > _last.Number && number <= _last.Number + Ahead) ? Ahead : 1;
            _rows.Clear();
            var wanted = new UidSet.Builder();
            foreach (MaildropMessage message in Lease.Messages.Skip(number - 1).Take(most))
            {
                wanted.Add(message.Uid);
            }

            Result<IReadOnlyList<Message>> read = await messages.ReadAsync(Actor, Lease.Account, Lease.Inbox, wanted.Build(), MessageFields.Content, cancel);
            foreach (Message message in read.Value)
            {
                _rows[message.Uid] = message;
            }

            _contents = messages.Contents(Actor, Lease.Account, read.Value);
            _rows.Remove(uid, out row);
        }

        _last = (number, row);
        return row is null ? null : await _contents.OpenAsync(row, cancel);
    }

    /// <summary>Removes what is marked, all of it in one transaction (RFC 1939 §6).</summary>
    public async ValueTask UpdateAsync(CancellationToken cancel)
    {
        if (_deleted.Count > 0)
        {
            var uids = UidSet.From(_deleted.Select(number => Lease.Messages[number - 1].Uid));
            _ = (await messages.DeleteAsync(Actor, Lease.Account, Lease.Inbox, uids, cancel)).Value;
        }
    }
}
