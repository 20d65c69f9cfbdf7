using Posthorn.Server.Smtp.Grammar;

namespace Posthorn.Server.Smtp;

/// <summary>A parsed command. State, TLS and sign-in were checked by its row's traits before it runs.</summary>
internal interface ISmtpCommand
{
    /// <summary>Does it and returns the answer; the loop writes it.</summary>
    /// <exception cref="Core.StoreUnavailableException">Answered as 451 or 452 by the loop.</exception>
    ValueTask<SmtpReply> RunAsync(SmtpSession session, CancellationToken cancel);
}

/// <summary>Reads what stands behind the verb; pure. Throws <see cref="SmtpSyntaxException"/> only.</summary>
internal delegate ISmtpCommand SmtpParse(ref SmtpReader reader);
