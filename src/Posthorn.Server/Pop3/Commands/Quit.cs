using Posthorn.Core;
using Posthorn.Server.Connections;

namespace Posthorn.Server.Pop3.Commands;

/// <summary>QUIT: removes what is marked, in one transaction, and ends (RFC 1939 §6).</summary>
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
        catch (StoreUnavailableException)
        {
            return Pop3Reply.Error("SYS/TEMP", "The marked messages could not be removed; all are still there") with { Ends = EndReason.Quit };
        }

        return Pop3Reply.Ok("goodbye") with { Ends = EndReason.Quit };
    }
}
