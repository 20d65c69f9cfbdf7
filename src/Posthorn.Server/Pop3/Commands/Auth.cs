using System.Buffers;
using System.Text;
using Posthorn.Core.Watching;
using Posthorn.Server.Connections;
using Posthorn.Server.Sasl;
using Posthorn.Standards.Sasl;

namespace Posthorn.Server.Pop3.Commands;

/// <summary>AUTH: signs in by SASL (RFC 5034).</summary>
/// <param name="Mechanism">Null: list the mechanisms, as old clients ask.</param>
/// <param name="Initial">The initial response in base64; a secret.</param>
internal sealed record Auth(string? Mechanism, string? Initial) : IPop3Command
{
    public static IPop3Command Parse(Pop3Arguments arguments) => arguments.Words() switch
    {
        [] => new Auth(null, null),
        [var mechanism] => new Auth(mechanism, null),
        [var mechanism, var initial] => new Auth(mechanism, initial),
        _ => throw new Pop3SyntaxException("AUTH wants a mechanism, and at most one response"),
    };

    public async ValueTask<Pop3Reply> RunAsync(Pop3Session session, CancellationToken cancel)
    {
        if (Mechanism is null)
        {
            return ListMechanisms(session);
        }

        if (SaslMechanisms.Start(Encoding.ASCII.GetBytes(Mechanism), Binding(session), session.Connection.Tls?.ClientAddresses) is not { } exchange)
        {
            return Pop3Reply.Error("This mechanism is not known here; CAPA lists those that are");
        }

        var signIn = new SaslSignIn(exchange, session.Services.Credentials, Pop3Session.Protocol, session.Connection.RemoteAddress?.Address);
        Pop3Reply? broken = null;
        SaslOutcome? outcome = await signIn.RunAsync(
            Initial is null ? null : SaslBase64.DecodeInitial(Encoding.ASCII.GetBytes(Initial)),
            async challenge =>
            {
                LineRead read = await session.AskAsync(challenge, cancel);
                if (read.Status == LineStatus.Line)
                {
                    return SaslBase64.Decode(read.Line.IsSingleSegment ? read.Line.FirstSpan : read.Line.ToArray());
                }

                broken = session.Unreadable(read.Status);
                return null;
            },
            cancel);
        return outcome is null ? broken! : await FinishAsync(session, signIn.User, outcome, cancel);
    }

    /// <summary>Without the response.</summary>
    public override string ToString() => $"AUTH {Mechanism}";

    internal static IEnumerable<string> Offered(Pop3Session session) => SaslMechanisms.Offered(Binding(session), session.Connection.Tls?.ClientAddresses);

    /// <summary>The answer to PASS and AUTH alike (RFC 3206, RFC 2449 §8).</summary>
    internal static async ValueTask<Pop3Reply> FinishAsync(Pop3Session session, string? user, SaslOutcome outcome, CancellationToken cancel)
    {
        if (user is not null && outcome is SaslOutcome.Accepted or SaslOutcome.Wrong or SaslOutcome.TryLater)
        {
            session.Connection.Report(
                outcome switch { SaslOutcome.Accepted => ConnectionStep.SignedIn, SaslOutcome.TryLater => ConnectionStep.TriedTooOften, _ => ConnectionStep.WrongPassword }, user);
        }

        return await ReplyAsync(session, outcome, cancel);
    }

    private static async ValueTask<Pop3Reply> ReplyAsync(Pop3Session session, SaslOutcome outcome, CancellationToken cancel) => outcome switch
    {
        SaslOutcome.Accepted accepted => await session.EnterAsync(accepted.SignIn, cancel),
        SaslOutcome.Wrong => session.Failed(Pop3Reply.Error("AUTH", "The user name or the password is wrong; the user name is the full address")),

        // RFC 3206 §3: a problem that passes by itself.
        SaslOutcome.TryLater => session.Failed(Pop3Reply.Error("SYS/TEMP", "Too many failed sign-ins from where you are; try again later")),
        SaslOutcome.Cancelled => Pop3Reply.Error("The sign-in is cancelled"),
        SaslOutcome.Refused refused => session.Failed(Pop3Reply.Error("AUTH", $"The sign-in is refused: {refused.Reason}")),
        SaslOutcome.Malformed malformed => session.Failed(Pop3Reply.Error($"Not a message of this mechanism: {malformed.Reason}")),
        _ => Pop3Reply.Error("The sign-in failed"),
    };

    private static byte[]? Binding(Pop3Session session) => session.Connection.Tls?.Certificate.EndPointBinding?.ToArray();

    private static Pop3Reply ListMechanisms(Pop3Session session)
    {
        var output = session.Connection.Output;
        output.Write("+OK mechanisms\r\n"u8);
        foreach (string mechanism in Offered(session))
        {
            Encoding.ASCII.GetBytes(mechanism + "\r\n", output);
        }

        output.Write(".\r\n"u8);
        return Pop3Reply.Written;
    }
}
