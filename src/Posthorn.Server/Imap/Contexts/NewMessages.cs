using Posthorn.Core.Mailboxes;
using Posthorn.Server.Imap.Fetching;

namespace Posthorn.Server.Imap.Contexts;

/// <summary>What new messages are told of unasked: by NOTIFY, and by contexts that they match. One FETCH for each.</summary>
/// <remarks>
/// RFC 5465 §5.2, §7: after EXISTS and, as the example of §7 has it, before ADDTO. (§5.2 says after it; both cannot be had in one FETCH.)
/// </remarks>
internal sealed class NewMessages
{
    private readonly SortedDictionary<uint, FetchRequest> _wanted = [];

    public void Add(IEnumerable<uint> uids, FetchRequest request)
    {
        foreach (uint uid in uids)
        {
            _wanted[uid] = _wanted.TryGetValue(uid, out FetchRequest? there) ? Join(there, request) : request;
        }
    }

    public async ValueTask TellAsync(ImapSession session, CancellationToken cancel)
    {
        MailboxSnapshot view = session.Selected!.View;
        FetchRequest? request = null;
        var positions = new List<PositionRange>();
        foreach ((uint uid, FetchRequest wanted) in _wanted)
        {
            if (view.IndexOf(uid) is not (>= 0 and int position))
            {
                continue;
            }

            if (!ReferenceEquals(request, wanted))
            {
                await FetchAsync(session, request, positions, cancel);
                (request, positions) = (wanted, []);
            }

            positions.Add(new PositionRange(position, position));
        }

        await FetchAsync(session, request, positions, cancel);
        _wanted.Clear();
    }

    private static async ValueTask FetchAsync(ImapSession session, FetchRequest? request, List<PositionRange> positions, CancellationToken cancel)
    {
        if (request is null || positions.Count == 0)
        {
            return;
        }

        // RFC 7162 §3.2.4: whoever knows of modseqs is told them, and UIDs, unasked.
        FetchItems implied = FetchItems.ImpliedUid | (session.Writer.Dialect.HasFlag(ImapDialect.CondStore) ? FetchItems.ModSeq : FetchItems.None);
        await new MessageFetcher(session, request with { Items = request.Items | implied }).RunAsync(positions, null, cancel);
    }

    private static FetchRequest Join(FetchRequest one, FetchRequest other) => ReferenceEquals(one, other) ? one : new FetchRequest(
        one.Items | other.Items,
        [.. one.Sections, .. other.Sections.Where(section => !one.Sections.Any(there => there.Label.AsSpan().SequenceEqual(section.Label)))]);
}
