namespace Posthorn.Standards.Sasl;

/// <summary>What a server does next in an exchange. After <see cref="CheckPassword"/>, <see cref="Succeeded"/> and <see cref="Failed"/> it is over.</summary>
/// <remarks>
/// An authorization identity is "" where the client gave none. The caller decides whether the user may act as it, and refuses where it does not know.
/// </remarks>
public abstract record SaslStep
{
    private SaslStep()
    {
    }

    /// <summary>Send this (perhaps empty) to the client, and give its answer to <see cref="ISaslExchange.Next"/>.</summary>
    public sealed record Challenge(ReadOnlyMemory<byte> Message) : SaslStep;

    /// <summary>The caller checks the password; the exchange ends with its finding. Both texts went through SASLprep.</summary>
    public sealed record CheckPassword(string AuthorizationId, string User, string Password) : SaslStep
    {
        /// <summary>Without the password, for whoever logs a step.</summary>
        public override string ToString() => $"{nameof(CheckPassword)} of {User}";
    }

    /// <summary>The caller looks up the user's keys, made-up ones for an unknown user, and gives them to <see cref="Continue(ScramKeys)"/>.</summary>
    public sealed record NeedKeys : SaslStep
    {
        private readonly Func<IReadOnlyList<ScramKeys>, SaslStep> _continue;

        internal NeedKeys(string user, Func<IReadOnlyList<ScramKeys>, SaslStep> next) => (User, _continue) = (user, next);

        public string User { get; }

        /// <summary>To be called once.</summary>
        public SaslStep Continue(ScramKeys keys) => _continue([keys]);

        /// <summary>To be called once. A user may have several passwords, as long as their keys have one salt and count: that is sent before the proof comes.</summary>
        public SaslStep Continue(IReadOnlyList<ScramKeys> keys) => _continue(keys);

        public override string ToString() => $"{nameof(NeedKeys)} of {User}";
    }

    /// <summary>The client has proved that it is the user.</summary>
    /// <param name="Keys">Those among the user's that the proof fits; null: it was no password that was proved (EXTERNAL).</param>
    public sealed record Succeeded(string User, string AuthorizationId, ScramKeys? Keys = null) : SaslStep;

    /// <param name="Reason">For the log and the protocol's answer; never holds what the client sent.</param>
    public sealed record Failed(SaslFailure Failure, string Reason) : SaslStep;
}

public enum SaslFailure
{
    /// <summary>The message breaks the mechanism's grammar or limits: SMTP 501 5.5.2, IMAP BAD.</summary>
    Malformed,

    /// <summary>The mechanism's word for a wrong password: SMTP 535 5.7.8, IMAP NO [AUTHENTICATIONFAILED]. Counts as a failed sign-in.</summary>
    WrongCredentials,

    /// <summary>The client binds to a channel that is not this one, or that cannot be checked here.</summary>
    ChannelBinding,
}
