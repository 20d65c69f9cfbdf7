using System.Text;
using Posthorn.Standards.Smtp;

namespace Posthorn.Server.Smtp.Grammar;

/// <summary>Addresses of MAIL and RCPT, with the replies they fail with.</summary>
internal static class MailAddress
{
    /// <summary>RFC 6531 §3.5.</summary>
    public static readonly SmtpReply Utf8Missing =
        SmtpReply.Fixed(553, "5.6.7", "An address with letters beyond ASCII wants the parameter SMTPUTF8 of MAIL");

    private static readonly SmtpReply Malformed = SmtpReply.Fixed(553, "5.1.3", "This is not an address such as somebody@example.org");

    /// <exception cref="SmtpSyntaxException">Not a Mailbox of RFC 5321 §4.1.2.</exception>
    public static EmailAddress Parse(string path) =>
        EmailAddress.TryParse(path, out var address) ? address : throw new SmtpSyntaxException(Malformed);

    public static bool NeedsUtf8(string path) => !Ascii.IsValid(path);

    /// <exception cref="SmtpSyntaxException">The address wants SMTPUTF8, and that was not said.</exception>
    public static void RequireUtf8(string path, bool isSmtpUtf8)
    {
        if (!isSmtpUtf8 && NeedsUtf8(path))
        {
            throw new SmtpSyntaxException(Utf8Missing);
        }
    }
}
