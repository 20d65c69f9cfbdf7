using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;

namespace Posthorn.Server.Imap.Contexts;

/// <summary>An ESEARCH response that changes a result: what left it, then what came into it.</summary>
/// <remarks>RFC 5267 §4.3.2: the client takes its items in the order in which they stand.</remarks>
/// <param name="view">Whose sequence numbers are told, where the context tells those.</param>
internal sealed class ContextResponse(ImapSession session, SearchContext context, MailboxSnapshot view)
{
    private readonly List<Run> _removed = [];
    private readonly List<Run> _added = [];

    /// <param name="position">0: wherever it is; else its place at this moment.</param>
    /// <param name="uid">What leaves.</param>
    public void Remove(int position, uint uid)
    {
        uint number = Number(uid);

        // Removed one after another at the same place: the set names them in their order.
        if (_removed.Count > 0 && _removed[^1] is var last && last.Position == position && last.Ranges[^1].Last + 1 == number)
        {
            last.Ranges[^1] = last.Ranges[^1] with { Last = number };
        }
        else if (position == 0 && _removed.Count > 0)
        {
            _removed[^1].Ranges.Add(new UidRange(number, number));
        }
        else
        {
            _removed.Add(new Run(position, 1, [new UidRange(number, number)]));
        }
    }

    /// <param name="position">0: where the mailbox has it; else its place from now on.</param>
    /// <param name="uid">What comes.</param>
    public void Add(int position, uint uid)
    {
        uint number = Number(uid);
        if (_added.Count > 0 && _added[^1] is var last && (position == 0 || last.Position + last.Count == position)
            && (position == 0 || last.Ranges[^1].Last + 1 == number))
        {
            if (last.Ranges[^1].Last + 1 == number)
            {
                last.Ranges[^1] = last.Ranges[^1] with { Last = number };
            }
            else
            {
                last.Ranges.Add(new UidRange(number, number));
            }

            _added[^1] = last with { Count = last.Count + 1 };
        }
        else
        {
            _added.Add(new Run(position, 1, [new UidRange(number, number)]));
        }
    }

    // "* ESEARCH" search-correlator [SP "UID"] *(SP ("REMOVEFROM" / "ADDTO") SP "(" context-position SP sequence-set *(...) ")")     RFC 5267 §5
    public async ValueTask WriteAsync(CancellationToken cancel)
    {
        if (_removed.Count == 0 && _added.Count == 0)
        {
            return;
        }

        ImapResponseWriter writer = session.Writer;
        writer.Write("* ESEARCH (TAG "u8);
        writer.String(context.Tag);
        writer.Write(context.ByUid ? ") UID"u8 : ")"u8);
        await WriteAsync(" REMOVEFROM ("u8.ToArray(), _removed, cancel);
        await WriteAsync(" ADDTO ("u8.ToArray(), _added, cancel);
        writer.EndLine();
    }

    private async ValueTask WriteAsync(byte[] name, List<Run> runs, CancellationToken cancel)
    {
        for (int i = 0; i < runs.Count; i++)
        {
            session.Writer.Write(i == 0 ? name : " "u8);
            session.Writer.Number(runs[i].Position);
            session.Writer.Space();
            await session.Writer.SetAsync(runs[i].Ranges, cancel);
        }

        session.Writer.Write(runs.Count > 0 ? ")"u8 : ""u8);
    }

    private uint Number(uint uid) => context.ByUid ? uid : (uint)view.IndexOf(uid) + 1;

    private readonly record struct Run(int Position, int Count, List<UidRange> Ranges);
}
