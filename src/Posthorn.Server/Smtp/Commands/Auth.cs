using System.Buffers;
using Posthorn.Core.Accounts;
using Posthorn.Core.Watching;
using Posthorn.Server.Connections;
using Posthorn.Server.Smtp.Grammar;
using Posthorn.Standards.Sasl;
using Posthorn.Standards.Smtp;

namespace Posthorn.Server.Smtp.Commands;

/// <summary>AUTH: signs in, on the submission ports and within TLS only.</summary>
/// <remarks>RFC 4954 §4. The exchange itself is <see cref="ISaslExchange"/>'s, the finding <see cref="Credentials"/>'.</remarks>
/// <param name="Mechanism">As the client named it.</param>
/// <param name="Initial">The initial response in base64; null: there was none. A secret.</param>
internal sealed record Auth(byte[] Mechanism, byte[]? Initial) : ISmtpCommand
{
    private const string Protocol = "submission";

    private static readonly SmtpReply SignedIn = SmtpReply.Fixed(235, "2.7.0", "You are signed in");
    private static readonly SmtpReply AlreadySignedIn = SmtpReply.Fixed(503, "5.5.1", "You are signed in already");
    private static readonly SmtpReply UnknownMechanism = SmtpReply.Fixed(504, "5.5.4", "This mechanism is not known here; EHLO lists those that are");
    private static readonly SmtpReply Cancelled = SmtpReply.Fixed(501, "5.7.0", "The sign-in is cancelled");
    private static readonly SmtpReply NotBase64 = SmtpReply.Fixed(501, "5.5.2", "That is not base64");
    private static readonly SmtpReply Wrong = SmtpReply.Fixed(535, "5.7.8", "The user name or the password is wrong; the user name is the full address");

    private static readonly SmtpReply TooManyFailures =
        SmtpReply.Ending(421, "4.7.0", "Too many failed sign-ins; goodbye", EndReason.TooManyFailedLogins);

    private static readonly SmtpReply TryLater = SmtpReply.Fixed(454, "4.7.0", "Too many failed sign-ins from where you are; try again later");

    // auth-command = "AUTH" SP sasl-mech [SP initial-response] *(CRLF [base64]) [CRLF cancel-response] CRLF      RFC 4954 §8
    public static ISmtpCommand Parse(ref SmtpReader reader)
    {
        var mechanism = reader.Word().ToArray();
        var initial = reader.AtEnd ? null : reader.Word().ToArray();
        return mechanism.Length > 0 && reader.AtEnd
            ? new Auth(mechanism, initial)
            : throw new SmtpSyntaxException("AUTH wants a mechanism, and at most one response");
    }

    public async ValueTask<SmtpReply> RunAsync(SmtpSession session, CancellationToken cancel)
    {
        if (session.Account is not null)
        {
            return AlreadySignedIn;
        }
        if (SaslMechanisms.Start(Mechanism, session.Connection.Tls?.Certificate.EndPointBinding?.ToArray(), session.Connection.Tls?.ClientAddresses) is not { } exchange)
        {
            return UnknownMechanism;
        }
        var signIn = new Exchange(session, exchange);
        var reply = await signIn.RunAsync(Initial, cancel);
        if (signIn.User is { } user && reply.Code is 235 or 454 or 535)
        {
            session.Connection.Report(
                reply.Code switch { 235 => ConnectionStep.SignedIn, 454 => ConnectionStep.TriedTooOften, _ => ConnectionStep.WrongPassword }, user);
        }
        if (reply.Code == 535 && ++session.FailedSignIns >= session.Server.Limits.MaxFailedSignIns)
        {
            return TooManyFailures;
        }
        return reply;
    }

    /// <summary>Without the response.</summary>
    public override string ToString() => $"AUTH {System.Text.Encoding.ASCII.GetString(Mechanism)}";

    private sealed class Exchange(SmtpSession session, ISaslExchange exchange)
    {
        private readonly Credentials _credentials = session.Server.Credentials;
        private readonly SignInOrigin _from = new(session.Connection.RemoteAddress?.Address, session.HelloName);
        private string? _scramUser;

        /// <summary>Who wants to sign in, as far as that was said.</summary>
        public string? User { get; private set; }

        public async ValueTask<SmtpReply> RunAsync(byte[]? initial, CancellationToken cancel)
        {
            SaslStep? step = exchange.Begin();
            SmtpReply? end = null;
            if (initial is not null)
            {
                (step, end) = Take(SaslBase64.DecodeInitial(initial));
            }
            while (end is null)
            {
                User = step switch { SaslStep.CheckPassword check => check.User, SaslStep.Succeeded done => done.User, SaslStep.NeedKeys need => need.User, _ => User };
                (step, end) = step switch
                {
                    SaslStep.Challenge challenge => await AskAsync(challenge, cancel),
                    SaslStep.NeedKeys need => await GiveKeysAsync(need, cancel),
                    SaslStep.CheckPassword check => (null, Finish(
                        await _credentials.CheckPasswordAsync(check.User, check.Password, Protocol, _from, cancel), check.AuthorizationId)),
                    SaslStep.Succeeded done => (null, Finish(
                        await _credentials.CompleteAsync(done, Protocol, _from, cancel), done.AuthorizationId)),
                    _ => (null, await FailAsync((SaslStep.Failed)step!, cancel)),
                };
            }
            return end;
        }

        private async ValueTask<(SaslStep?, SmtpReply?)> AskAsync(SaslStep.Challenge challenge, CancellationToken cancel)
        {
            await session.PromptAsync(new SmtpReply(334, null, SaslBase64.Encode(challenge.Message.Span)), cancel);
            var read = await session.ReadAnswerAsync(cancel);
            return read.Status switch
            {
                LineStatus.Line => Take(SaslBase64.Decode(read.Line.IsSingleSegment ? read.Line.FirstSpan : read.Line.ToArray())),
                LineStatus.TooLong => (null, SmtpRefusals.AuthLineTooLong),
                _ => (null, session.Unreadable(read.Status)),
            };
        }

        private (SaslStep?, SmtpReply?) Take(SaslReply reply) => reply switch
        {
            SaslReply.Message message => (exchange.Next(message.Octets.Span), null),
            SaslReply.Cancelled => (null, Cancelled),
            SaslReply.TooLong => (null, SmtpRefusals.AuthLineTooLong),
            _ => (null, NotBase64),
        };

        private async ValueTask<(SaslStep?, SmtpReply?)> GiveKeysAsync(SaslStep.NeedKeys need, CancellationToken cancel)
        {
            _scramUser = need.User;
            return await _credentials.ScramKeysAsync(need.User, Protocol, _from, cancel) is { } keys ? (need.Continue(keys), null) : (null, TryLater);
        }

        private async ValueTask<SmtpReply> FailAsync(SaslStep.Failed failed, CancellationToken cancel)
        {
            if (failed.Failure == SaslFailure.Malformed)
            {
                return new SmtpReply(501, "5.5.2", $"Not a message of this mechanism: {failed.Reason}");
            }
            if (_scramUser is not null)
            {
                await _credentials.CompleteScramAsync(_scramUser, null, Protocol, _from, cancel);
            }
            return failed.Failure == SaslFailure.ChannelBinding ? new SmtpReply(535, "5.7.8", $"The sign-in is refused: {failed.Reason}") : Wrong;
        }

        private SmtpReply Finish(SignIn signIn, string authorizationId)
        {
            switch (signIn)
            {
                case SignIn.Accepted accepted when MayActAs(accepted.Account, authorizationId):
                    session.Enter(accepted, Protocol);
                    return SignedIn;
                case SignIn.TryLater:
                    return TryLater;
                default:
                    return Wrong;
            }
        }

        // RFC 4616 §2: nobody acts as anybody else here.
        private static bool MayActAs(Account account, string authorizationId) =>
            authorizationId.Length == 0 || (EmailAddress.TryParse(authorizationId, out var address) && address.Canonical == account.Address);
    }
}
