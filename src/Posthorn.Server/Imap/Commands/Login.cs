using Posthorn.Core.Accounts;
using Posthorn.Core.Watching;

namespace Posthorn.Server.Imap.Commands;

/// <summary>LOGIN: a user name and a password, within TLS only.</summary>
/// <remarks>RFC 9051 §6.2.3. The name is the full address.</remarks>
internal sealed record Login(string User, string Password) : IImapCommand<Login>
{
    // login = "LOGIN" SP userid SP password     RFC 9051 §9
    public static Login Parse(ref ImapReader reader)
    {
        reader.Space();
        string user = reader.Text();
        reader.Space();
        return new Login(user, reader.Text());
    }

    public async ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel) =>
        SignedIn(session, User, await session.Services.Credentials.CheckPasswordAsync(
            User, Password, ImapSession.Protocol, session.Origin, cancel));

    /// <summary>The reply to a sign-in, whichever command asked for it.</summary>
    public static ImapResult SignedIn(ImapSession session, string user, SignIn signIn)
    {
        session.Connection.Report(
            signIn switch { SignIn.Accepted => ConnectionStep.SignedIn, SignIn.TryLater => ConnectionStep.TriedTooOften, _ => ConnectionStep.WrongPassword }, user);
        switch (signIn)
        {
            case SignIn.Accepted accepted:
                session.LogIn(accepted);
                // RFC 9051 §7.1: saves the client a CAPABILITY.
                return ImapResult.Ok(ImapCapabilities.LoggedInCode, "Logged in");
            case SignIn.TryLater later:
                return ImapResult.No(ResponseCode.Unavailable, $"Too many failed logins; try again in {Math.Ceiling(later.After.TotalSeconds):0} seconds");
            default:
                return ImapResult.No(ResponseCode.AuthenticationFailed, "The user name or the password is wrong");
        }
    }

    /// <summary>A record prints its members; this one holds a password.</summary>
    public override string ToString() => $"LOGIN {User}";
}
