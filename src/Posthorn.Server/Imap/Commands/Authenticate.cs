using System.Buffers;
using System.Text;
using Posthorn.Core.Accounts;
using Posthorn.Core.Watching;
using Posthorn.Standards.Sasl;

namespace Posthorn.Server.Imap.Commands;

/// <summary>AUTHENTICATE: SCRAM-SHA-256-PLUS, SCRAM-SHA-256, EXTERNAL by a client certificate, PLAIN; within TLS only.</summary>
/// <remarks>RFC 9051 §6.2.2; initial response: RFC 4959 (SASL-IR).</remarks>
internal sealed record Authenticate(string Mechanism, byte[]? InitialResponse) : IImapCommand<Authenticate>
{
    // authenticate = "AUTHENTICATE" SP auth-type [SP initial-resp] *(CRLF base64)     RFC 9051 §9
    public static Authenticate Parse(ref ImapReader reader)
    {
        reader.Space();
        string mechanism = Encoding.ASCII.GetString(reader.Atom());
        return new Authenticate(mechanism, reader.TrySpace() ? reader.Atom().ToArray() : null);
    }

    public async ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel)
    {
        byte[]? binding = session.Connection.Tls?.Certificate.EndPointBinding?.ToArray();
        if (!ImapCapabilities.Offers(session, $"AUTH={Mechanism}") || SaslMechanisms.Start(Encoding.ASCII.GetBytes(Mechanism), binding, session.Connection.Tls?.ClientAddresses) is not { } exchange)
        {
            return ImapResult.No(ResponseCode.Cannot, "That mechanism is not offered");
        }

        SaslStep step = exchange.Begin();
        SaslReply? reply = InitialResponse is null ? null : SaslBase64.DecodeInitial(InitialResponse);
        string user = "";
        while (true)
        {
            if (step is SaslStep.Challenge challenge && reply is null)
            {
                session.Writer.Continue(Encoding.ASCII.GetBytes(SaslBase64.Encode(challenge.Message.Span)));
                ImapFrame frame = await session.Commands.ReadLineAsync(SaslBase64.MaxLine + 2, session.Timeout, cancel);
                if (frame.Status is not (ImapFrameStatus.Command or ImapFrameStatus.Woken))
                {
                    return session.Leave(frame.Status);
                }

                reply = SaslBase64.Decode(frame.Bytes.ToArray());
            }

            switch (step)
            {
                case SaslStep.Challenge when reply is SaslReply.Message message:
                    step = exchange.Next(message.Octets.Span);
                    reply = null;
                    break;
                case SaslStep.Challenge:
                    return ImapResult.Bad(reply is SaslReply.Cancelled ? "AUTHENTICATE was given up" : "That is not base64, or too much of it");
                case SaslStep.NeedKeys needed:
                    user = needed.User;
                    if (await session.Services.Credentials.ScramKeysAsync(user, ImapSession.Protocol, session.Origin, cancel) is not { } keys)
                    {
                        session.Connection.Report(ConnectionStep.TriedTooOften, user);
                        return ImapResult.No(ResponseCode.Unavailable, "Too many failed logins; try again later");
                    }

                    step = needed.Continue(keys);
                    break;
                default:
                    return await EndAsync(session, step, user, cancel);
            }
        }
    }

    private static async ValueTask<ImapResult> EndAsync(ImapSession session, SaslStep step, string user, CancellationToken cancel)
    {
        Credentials credentials = session.Services.Credentials;
        switch (step)
        {
            case SaslStep.CheckPassword check when IsSelf(check.AuthorizationId, check.User):
                return Login.SignedIn(
                    session, check.User, await credentials.CheckPasswordAsync(check.User, check.Password, ImapSession.Protocol, session.Origin, cancel));
            case SaslStep.Succeeded proved when IsSelf(proved.AuthorizationId, proved.User):
                return Login.SignedIn(session, proved.User, await credentials.CompleteAsync(proved, ImapSession.Protocol, session.Origin, cancel));
            case SaslStep.Failed { Failure: SaslFailure.Malformed } failed:
                return ImapResult.Bad($"AUTHENTICATE failed: {failed.Reason}");
            case SaslStep.Failed { Failure: SaslFailure.WrongCredentials }:
                return Login.SignedIn(session, user, await credentials.CompleteScramAsync(user, null, ImapSession.Protocol, session.Origin, cancel));
            case SaslStep.Failed { Failure: SaslFailure.ChannelBinding } binding:
                // No wrong password: nothing is to be typed again.
                return ImapResult.No(ResponseCode.Cannot, $"AUTHENTICATE failed: {binding.Reason}");
            case SaslStep.Failed failed:
                return ImapResult.No(ResponseCode.AuthenticationFailed, $"AUTHENTICATE failed: {failed.Reason}");
            default:
                // RFC 5530 §3: the password may be right, acting as somebody else is not.
                return ImapResult.No(new ResponseCode("AUTHORIZATIONFAILED"), "You cannot act as somebody else");
        }
    }

    private static bool IsSelf(string authorizationId, string user) =>
        authorizationId.Length == 0 || string.Equals(authorizationId, user, StringComparison.OrdinalIgnoreCase);

    /// <summary>A record prints its members; the response of PLAIN is a password.</summary>
    public override string ToString() => $"AUTHENTICATE {Mechanism}";
}
