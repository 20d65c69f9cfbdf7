using Posthorn.Server.Connections;

namespace Posthorn.Server.Smtp;

/// <summary>What a port is for: it decides who may send what to whom.</summary>
public enum SmtpRole
{
    /// <summary>Port 25: mail from other hosts for our domains; no sign-in.</summary>
    Relay,

    /// <summary>Port 587, RFC 6409: mail of our users to anybody; STARTTLS, then AUTH.</summary>
    Submission,

    /// <summary>Port 465, RFC 8314 §3.3: as Submission, within TLS from the first octet.</summary>
    Submissions,
}

/// <summary>A port that speaks SMTP.</summary>
public sealed record SmtpListenerOptions(SmtpRole Role) : MailListenerOptions(NameOf(Role), Role == SmtpRole.Submissions)
{
    public override bool AsksForCertificates => Role != SmtpRole.Relay;

    private static string NameOf(SmtpRole role) => role switch
    {
        SmtpRole.Relay => "smtp",
        SmtpRole.Submission => "submission",
        _ => "submissions",
    };
}
