namespace Posthorn.Server.Smtp;

/// <summary>A command line that does not follow its grammar, or says what we do not know; only parsers throw it, only the loop catches it.</summary>
internal sealed class SmtpSyntaxException(SmtpReply reply) : Exception(reply.Text)
{
    /// <summary>A malformed argument: 501 5.5.4.</summary>
    public SmtpSyntaxException(string text) : this(new SmtpReply(501, "5.5.4", text))
    {
    }

    public SmtpReply Reply { get; } = reply;
}
