using Posthorn.Server.Smtp.Grammar;

namespace Posthorn.Server.Smtp.Commands;

/// <summary>EHLO: who is there, and what this server can do. Drops a transaction.</summary>
/// <remarks>RFC 5321 §4.1.1.1.</remarks>
internal sealed record Ehlo(string Name) : ISmtpCommand
{
    // ehlo = "EHLO" SP ( Domain / address-literal ) CRLF
    public static ISmtpCommand Parse(ref SmtpReader reader) => new Ehlo(HelloArgument.Parse(ref reader));

    public async ValueTask<SmtpReply> RunAsync(SmtpSession session, CancellationToken cancel)
    {
        await session.EndTransactionAsync();
        (session.HelloName, session.IsExtended) = (Name, true);
        return session.Server.Ehlo.For(
            session.Role, session.Connection.CanStartTls, session.Connection.Tls, session.Server.Time.GetUtcNow());
    }
}

/// <summary>HELO: as EHLO, without extensions.</summary>
/// <remarks>RFC 5321 §4.1.1.1.</remarks>
internal sealed record Helo(string Name) : ISmtpCommand
{
    // helo = "HELO" SP Domain CRLF
    public static ISmtpCommand Parse(ref SmtpReader reader) => new Helo(HelloArgument.Parse(ref reader));

    public async ValueTask<SmtpReply> RunAsync(SmtpSession session, CancellationToken cancel)
    {
        await session.EndTransactionAsync();
        (session.HelloName, session.IsExtended) = (Name, false);
        return new SmtpReply(250, null, session.Server.Options.HostName);
    }
}

/// <summary>What a client says its name is.</summary>
internal static class HelloArgument
{
    private const int MaxLength = 255;

    // Deviates from RFC 5321 §4.1.4: the name is not checked against the DNS nor for its syntax; much honest mail comes from hosts that
    // get it wrong. It goes to SPF as it is, and into Received only when it is harmless there.
    public static string Parse(ref SmtpReader reader)
    {
        var name = reader.Word();
        if (name.IsEmpty)
        {
            throw new SmtpSyntaxException("Your host name is missing, as in EHLO mail.example.org");
        }
        if (name.Length > MaxLength)
        {
            throw new SmtpSyntaxException("That is too long for a host name");
        }
        return SmtpReader.Text(name);
    }
}
