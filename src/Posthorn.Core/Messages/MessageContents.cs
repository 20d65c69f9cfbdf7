using Posthorn.Core.Bodies;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Messages;

/// <summary>
/// Opens the octets of messages one after another. Bodies that lie in the database are read some at a time: a read of it may be a round trip to another machine.
/// </summary>
/// <remarks>Not for several threads. Holds at most what is read ahead; no transaction is open between the calls.</remarks>
public sealed class MessageContents
{
    /// <summary>Bodies read at once.</summary>
    internal const int MessagesAhead = 64;

    /// <summary>Octets of messages read at once, unless the first has more.</summary>
    internal const long OctetsAhead = 256 * 1024;

    private readonly IStore _store;
    private readonly IBlobStore _blobs;
    private readonly AccountId _account;
    private readonly IReadOnlyList<Message> _rows;
    private readonly Dictionary<BodyId, StoredBody> _ahead = [];
    private int _next;

    /// <param name="rows">Read with <see cref="MessageFields.Content"/>, in the order in which they will be opened.</param>
    internal MessageContents(IStore store, IBlobStore blobs, AccountId account, IReadOnlyList<Message> rows) =>
        (_store, _blobs, _account, _rows) = (store, blobs, account, rows);

    /// <summary>Opens one of the messages; those between may be left out. Null: its octets are gone (expunged meanwhile, and swept).</summary>
    public async ValueTask<MessageContent?> OpenAsync(Message row, CancellationToken cancel)
    {
        byte[] prefix = row.Prefix ?? throw new ArgumentException("The message was read without its content.", nameof(row));
        if (!_ahead.Remove(row.Body, out StoredBody? body))
        {
            int at = _next;
            while (at < _rows.Count && !ReferenceEquals(_rows[at], row))
            {
                at++;
            }

            // Behind: its body was that of a message before it, or was not there, or it is asked for again. What is ahead stays.
            body = at < _rows.Count ? await ReadAheadAsync(at, cancel) : await _store.ReadAsync(_account, session => session.Bodies.GetAsync(row.Body), cancel);
        }

        return body is null ? null : await BodyReading.OpenAsync(_blobs, prefix, body, cancel);
    }

    /// <returns>The body of the first; those after it are kept.</returns>
    private async ValueTask<StoredBody?> ReadAheadAsync(int first, CancellationToken cancel)
    {
        var bodies = new List<BodyId> { _rows[first].Body };
        long octets = _rows[first].SizeBytes;
        int end = first + 1;
        for (; end < _rows.Count && bodies.Count < MessagesAhead; end++)
        {
            // Of a larger one there is only the row.
            octets += Math.Min(_rows[end].SizeBytes, MessageWriter.InlineBytes);
            if (octets > OctetsAhead)
            {
                break;
            }

            bodies.Add(_rows[end].Body);
        }

        IReadOnlyList<StoredBody> read = await _store.ReadAsync(_account, session => session.Bodies.GetAsync(bodies), cancel);
        _next = end;
        _ahead.Clear();
        foreach (StoredBody body in read)
        {
            _ahead[body.Id] = body;
        }

        _ahead.Remove(_rows[first].Body, out StoredBody? wanted);
        return wanted;
    }
}
