using Posthorn.Core.Accounts;
using Posthorn.Standards.Sasl;

namespace Posthorn.Server.Sasl;

/// <summary>What a SASL exchange came to; protocols say it in their words.</summary>
internal abstract record SaslOutcome
{
    private SaslOutcome()
    {
    }

    public sealed record Accepted(SignIn.Accepted SignIn) : SaslOutcome;

    public sealed record Wrong : SaslOutcome;

    public sealed record TryLater : SaslOutcome;

    public sealed record Cancelled : SaslOutcome;

    /// <summary>Not base64, or not a message of the mechanism.</summary>
    public sealed record Malformed(string Reason) : SaslOutcome;

    /// <summary>The client wants a channel binding that cannot be had.</summary>
    public sealed record Refused(string Reason) : SaslOutcome;
}

/// <summary>Leads a SASL exchange to its end: asks the client, looks keys up, checks what was proved (RFC 4422 §3).</summary>
internal sealed class SaslSignIn(ISaslExchange exchange, Credentials credentials, string protocol, SignInOrigin from)
{
    private string? _scramUser;

    /// <summary>Who wants to sign in, as far as that was said.</summary>
    public string? User { get; private set; }

    /// <param name="initial">The initial response as it came, null without one.</param>
    /// <param name="ask">Sends a challenge (base64) and gives the client's answer; null: the connection is over.</param>
    /// <returns>Null when the connection is over.</returns>
    public async ValueTask<SaslOutcome?> RunAsync(SaslReply? initial, Func<string, ValueTask<SaslReply?>> ask, CancellationToken cancel)
    {
        SaslStep? step = exchange.Begin();
        SaslReply? answer = initial;
        while (true)
        {
            if (answer is not null)
            {
                if (answer is not SaslReply.Message message)
                {
                    return answer is SaslReply.Cancelled ? new SaslOutcome.Cancelled() : new SaslOutcome.Malformed("that is not base64");
                }

                step = exchange.Next(message.Octets.Span);
                answer = null;
            }

            switch (step)
            {
                case SaslStep.Challenge challenge:
                    answer = await ask(SaslBase64.Encode(challenge.Message.Span));
                    if (answer is null)
                    {
                        return null;
                    }

                    break;
                case SaslStep.NeedKeys need:
                    User = _scramUser = need.User;
                    if (await credentials.ScramKeysAsync(need.User, protocol, from, cancel) is not { } keys)
                    {
                        return new SaslOutcome.TryLater();
                    }

                    step = need.Continue(keys);
                    break;
                default:
                    return await EndAsync(step, cancel);
            }
        }
    }

    /// <summary>What a sign-in by password came to.</summary>
    public static SaslOutcome Of(SignIn signIn, string authorizationId) => signIn switch
    {
        // RFC 4616 §2: nobody acts as somebody else here.
        SignIn.Accepted accepted when authorizationId.Length == 0
            || authorizationId.Equals(accepted.Account.Address, StringComparison.OrdinalIgnoreCase) => new SaslOutcome.Accepted(accepted),
        SignIn.TryLater => new SaslOutcome.TryLater(),
        _ => new SaslOutcome.Wrong(),
    };

    private async ValueTask<SaslOutcome> EndAsync(SaslStep? step, CancellationToken cancel)
    {
        switch (step)
        {
            case SaslStep.CheckPassword check:
                User = check.User;
                return Of(await credentials.CheckPasswordAsync(check.User, check.Password, protocol, from, cancel), check.AuthorizationId);
            case SaslStep.Succeeded done:
                User = done.User;
                return Of(await credentials.CompleteAsync(done, protocol, from, cancel), done.AuthorizationId);
            case SaslStep.Failed { Failure: SaslFailure.Malformed } malformed:
                return new SaslOutcome.Malformed(malformed.Reason);
            case SaslStep.Failed { Failure: SaslFailure.ChannelBinding } binding:
                return new SaslOutcome.Refused(binding.Reason);
            default:
                if (_scramUser is not null)
                {
                    await credentials.CompleteScramAsync(_scramUser, null, protocol, from, cancel);
                }

                return new SaslOutcome.Wrong();
        }
    }
}
