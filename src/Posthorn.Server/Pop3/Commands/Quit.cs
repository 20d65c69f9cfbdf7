using Posthorn.Core;
using Posthorn.Server.Connections;

namespace Posthorn.Server.Pop3.Commands;

/// <summary>QUIT: removes what is marked, in one transaction, gives the maildrop back, and ends (RFC 1939 §6).</summary>
internal sealed record Quit : IPop3Command
{
    public static IPop3Command Parse(Pop3Arguments arguments)
    {
        arguments.None("QUIT");
        return new Quit();
    }

    public async ValueTask<Pop3Reply> RunAsync(Pop3Session session, CancellationToken cancel)
    {
        try
        {
            if (session.Maildrop is { } maildrop)
            {
                await maildrop.UpdateAsync(cancel);
            }
        }
        catch (StoreUnavailableException failure)
        {
            return await LeaveAsync(session, Pop3Reply.Error("SYS/TEMP", failure.IsOutcomeOpen
                ? "Whether the marked messages were removed is not known; those that are there come again"
                : "The marked messages could not be removed; all are still there"));
        }

        return await LeaveAsync(session, Pop3Reply.Ok("goodbye"));
    }

    // RFC 1939 §6: the lock goes first, in either case; the client may come again as soon as it has the answer.
    private static async ValueTask<Pop3Reply> LeaveAsync(Pop3Session session, Pop3Reply reply)
    {
        await session.ReleaseAsync();
        return reply with { Ends = EndReason.Quit };
    }
}
