using Posthorn.Core.Accounts;
using Posthorn.Server.Sasl;

namespace Posthorn.Server.Pop3.Commands;

/// <summary>PASS: all that follows is the password, spaces too (RFC 1939 §7).</summary>
/// <param name="Password">A secret.</param>
internal sealed record Pass(string Password) : IPop3Command
{
    public static IPop3Command Parse(Pop3Arguments arguments) =>
        string.IsNullOrEmpty(arguments.Text) ? throw new Pop3SyntaxException("PASS wants the password") : new Pass(arguments.Text);

    public async ValueTask<Pop3Reply> RunAsync(Pop3Session session, CancellationToken cancel)
    {
        if (session.UserName is not { } user)
        {
            return Pop3Reply.Bad("Say USER first");
        }

        session.UserName = null;
        SignIn checkedPassword = await session.Services.Credentials.CheckPasswordAsync(
            user, Password, Pop3Session.Protocol, session.Connection.RemoteAddress?.Address, cancel);
        return await Auth.FinishAsync(session, user, SaslSignIn.Of(checkedPassword, ""), cancel);
    }

    /// <summary>Without the password.</summary>
    public override string ToString() => "PASS";
}
