namespace Posthorn.Server.Smtp;

/// <summary>Answers to commands that are not run.</summary>
internal static class SmtpRefusals
{
    public static readonly SmtpReply Unknown = SmtpReply.Fixed(500, "5.5.1", "This command is not known here; HELP lists those that are");
    public static readonly SmtpReply LineTooLong = SmtpReply.Fixed(500, "5.5.2", "The line is too long");
    public static readonly SmtpReply AuthLineTooLong = SmtpReply.Fixed(500, "5.5.6", "The line is too long for a sign-in");
    public static readonly SmtpReply BareLineEnd = SmtpReply.Fixed(500, "5.5.2", "A line ends with CRLF; a bare CR or LF is not allowed (RFC 5321 2.3.8)");
    public static readonly SmtpReply TlsFirst = SmtpReply.Fixed(530, "5.7.0", "Say STARTTLS first: this port takes nothing without encryption");
    public static readonly SmtpReply SignInFirst = SmtpReply.Fixed(530, "5.7.0", "Sign in first, with your full address and password");
    public static readonly SmtpReply OnSubmissionOnly = SmtpReply.Fixed(502, "5.5.1", "No sign-in on this port; mail programs use port 465 or 587");

    private static readonly SmtpReply HelloFirst = SmtpReply.Fixed(503, "5.5.1", "Say EHLO first");
    private static readonly SmtpReply MailFirst = SmtpReply.Fixed(503, "5.5.1", "Say MAIL FROM first");
    private static readonly SmtpReply RecipientFirst = SmtpReply.Fixed(503, "5.5.1", "Not now: a message is under way and has no recipient yet");
    private static readonly SmtpReply InTransaction = SmtpReply.Fixed(503, "5.5.1", "Not now: a message is under way; RSET drops it");
    private static readonly SmtpReply InChunks = SmtpReply.Fixed(503, "5.5.1", "Not now: the message goes on with BDAT; RSET drops it");

    public static SmtpReply OutOfOrder(SmtpStates state) => state switch
    {
        SmtpStates.Start => HelloFirst,
        SmtpStates.Greeted => MailFirst,
        SmtpStates.Mail => RecipientFirst,
        SmtpStates.Chunks => InChunks,
        _ => InTransaction,
    };
}
