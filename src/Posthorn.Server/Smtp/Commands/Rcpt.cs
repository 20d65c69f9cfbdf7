using Posthorn.Core.Accounts;
using Posthorn.Core.Delivery;
using Posthorn.Server.Smtp.Grammar;
using Posthorn.Standards.Smtp;

namespace Posthorn.Server.Smtp.Commands;

/// <summary>RCPT TO: one more recipient; whatever can be decided about it is decided now.</summary>
/// <remarks>RFC 5321 §4.1.1.3; NOTIFY, ORCPT: RFC 3461 §4.1, §4.2.</remarks>
/// <param name="Address">Null: postmaster without a domain (RFC 5321 §4.5.1).</param>
/// <param name="Path">The forward path as given, without brackets and route.</param>
internal sealed record Rcpt(EmailAddress? Address, string Path) : ISmtpCommand
{
    private const int MaxOriginalRecipient = 500;

    private static readonly SmtpReply Accepted = SmtpReply.Fixed(250, "2.1.5", "The recipient is accepted");
    private static readonly SmtpReply TooMany = SmtpReply.Fixed(452, "4.5.3", "That is one recipient too many for one message; send it again to the others");
    private static readonly SmtpReply Unknown = SmtpReply.Fixed(550, "5.1.1", "Nobody has this address here; look for a typing mistake");
    private static readonly SmtpReply Disabled = SmtpReply.Fixed(550, "5.2.1", "This mailbox is closed");
    private static readonly SmtpReply OverQuota = SmtpReply.Fixed(452, "4.2.2", "This mailbox is full; try again later");
    private static readonly SmtpReply NoRelay = SmtpReply.Fixed(550, "5.7.1", "No mail for this domain is taken here; users of this server sign in on port 465 or 587");

    public DsnNotify? Notify { get; init; }

    /// <summary>ORCPT as given: type, semicolon, xtext.</summary>
    public string? OriginalRecipient { get; init; }

    // rcpt = "RCPT TO:" ( "<Postmaster@" Domain ">" / "<Postmaster>" / Forward-path ) [SP Rcpt-parameters] CRLF
    public static ISmtpCommand Parse(ref SmtpReader reader)
    {
        reader.Expect("TO:"u8, "RCPT goes as in RCPT TO:<somebody@example.org>");
        var path = SmtpReader.Text(reader.Path());
        var isPostmaster = path.Equals("postmaster", StringComparison.OrdinalIgnoreCase);
        var rcpt = new Rcpt(isPostmaster ? null : MailAddress.Parse(path), path);
        while (reader.TryParameter(out var keyword, out var value, out _))
        {
            rcpt = rcpt.With(keyword, value);
        }
        return rcpt;
    }

    private Rcpt With(ReadOnlySpan<byte> keyword, ReadOnlySpan<byte> value) => keyword switch
    {
        _ when Standards.Ascii.EqualsIgnoreCase(keyword, "NOTIFY"u8) && Notify is null => this with { Notify = ParseNotify(value) },
        _ when Standards.Ascii.EqualsIgnoreCase(keyword, "ORCPT"u8) && OriginalRecipient is null =>
            this with { OriginalRecipient = ParseOriginal(value) },
        _ => throw new SmtpSyntaxException(new SmtpReply(555, "5.5.4", "A parameter of RCPT is not known, or stands there twice")),
    };

    // notify-esmtp-value = "NEVER" / 1#notify-list-element; notify-list-element = "SUCCESS" / "FAILURE" / "DELAY"       RFC 3461 §4.1
    private static DsnNotify ParseNotify(ReadOnlySpan<byte> value)
    {
        if (Standards.Ascii.EqualsIgnoreCase(value, "NEVER"u8))
        {
            return DsnNotify.Never;
        }
        var notify = DsnNotify.Default;
        foreach (var range in value.Split((byte)','))
        {
            var element = value[range];
            notify |= element switch
            {
                _ when Standards.Ascii.EqualsIgnoreCase(element, "SUCCESS"u8) => DsnNotify.Success,
                _ when Standards.Ascii.EqualsIgnoreCase(element, "FAILURE"u8) => DsnNotify.Failure,
                _ when Standards.Ascii.EqualsIgnoreCase(element, "DELAY"u8) => DsnNotify.Delay,
                _ => throw new SmtpSyntaxException("NOTIFY is NEVER, or any of SUCCESS, FAILURE and DELAY"),
            };
        }
        return notify;
    }

    // original-recipient-address = addr-type ";" xtext          RFC 3461 §4.2
    private static string ParseOriginal(ReadOnlySpan<byte> value)
    {
        var semicolon = value.IndexOf((byte)';');
        if (semicolon <= 0 || semicolon == value.Length - 1 || value.Length > MaxOriginalRecipient)
        {
            throw new SmtpSyntaxException("ORCPT goes as in ORCPT=rfc822;somebody@example.org");
        }
        // utf-8-addr-xtext of RFC 6533 §3 has the octets of UTF-8 as they are: then it is only checked to be text.
        _ = System.Text.Ascii.IsValid(value) ? Xtext.Decode(value[(semicolon + 1)..]) : null;
        return SmtpReader.Text(value);
    }

    public async ValueTask<SmtpReply> RunAsync(SmtpSession session, CancellationToken cancel)
    {
        var transaction = session.Transaction!;
        if (transaction.Recipients.Count >= session.Server.Limits.MaxRecipients)
        {
            return TooMany;
        }
        if (Address is not null && MailAddress.NeedsUtf8(Path) && !transaction.Mail.IsSmtpUtf8)
        {
            return MailAddress.Utf8Missing;
        }
        var (path, target) = Address is { } address
            ? (Path, await session.Server.Recipients.ResolveAsync(address, cancel))
            : await Postmaster.ResolveAsync(session.Server, cancel);
        switch (target)
        {
            // The way back of forwarded mail is for notifications alone: nobody sends through it.
            case Recipient.Local { IsForBounces: true } when transaction.Mail.Sender is not null:
                return Unknown;
            case Recipient.Local:
            case Recipient.Foreign when session.IsSubmission:
                transaction.Add(new EnvelopeRecipient(path, target, Notify ?? DsnNotify.Default, OriginalRecipient));
                return Accepted;
            case Recipient.Foreign:
                return NoRelay;
            case Recipient.Disabled:
                return Disabled;
            case Recipient.OverQuota:
                return OverQuota;
            default:
                return Unknown;
        }
    }
}
