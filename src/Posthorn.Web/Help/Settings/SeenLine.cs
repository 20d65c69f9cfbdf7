using Posthorn.Core.Watching;

namespace Posthorn.Web.Help.Settings;

/// <summary>How a line is meant.</summary>
internal enum LineKind
{
    Plain,
    Good,
    Bad,
}

/// <summary>A step of a connection in words, with what to do about it.</summary>
/// <param name="Where">Service, port, address, TLS.</param>
/// <param name="Advice">Empty: none is needed.</param>
/// <param name="Link">Where more of it stands; empty: nowhere.</param>
internal sealed record SeenLine(LineKind Kind, string Where, string What, string Advice, string Link)
{
    public static SeenLine Of(ConnectionReport report, MailAppSettings settings)
    {
        (LineKind kind, string what, string advice, string link) = Words(report, settings);
        return new SeenLine(kind, PlaceOf(report), what, advice, link);
    }

    private static string PlaceOf(ConnectionReport report)
    {
        string service = report.Service switch
        {
            "submission" or "submissions" => T["Sending (SMTP)"],
            "smtp" => T["SMTP between servers"],
            "imap" or "imaps" => "IMAP",
            _ => "POP3",
        };
        string place = T["{0}, port {1}, from {2}", service, report.Port, report.Remote];
        return report.Tls is null ? place : $"{place}, {report.Tls}";
    }

    private static (LineKind Kind, string What, string Advice, string Link) Words(ConnectionReport report, MailAppSettings settings) => report.Step switch
    {
        ConnectionStep.Connected when report.Service == "smtp" => (
            LineKind.Bad, T["An app is at the door that is for servers only."],
            T["Port {0} takes no mail from apps. Choose {1} in the app's outgoing server.", report.Port, Ports(settings, "SMTP")], "/help/smtp"),
        ConnectionStep.Connected => (LineKind.Plain, T["A connection."], "", ""),
        ConnectionStep.Encrypted => (LineKind.Good, T["It is encrypted now."], "", ""),
        ConnectionStep.EncryptionFailed when report.Service is "imaps" or "pop3s" or "submissions" => (
            LineKind.Bad, T["No encryption came about."],
            T["The app hung up, or spoke without TLS: choose SSL/TLS for this port, and {0} as the server. If it warned of the certificate, that is why.", settings.HostName],
            "/help/app-says"),
        ConnectionStep.EncryptionFailed => (
            LineKind.Bad, T["No encryption came about."],
            T["The app hung up: choose STARTTLS for this port, and {0} as the server. If it warned of the certificate, that is why.", settings.HostName], "/help/app-says"),
        ConnectionStep.PasswordWithoutTls => (
            LineKind.Bad, T["The app wanted to go on without encryption, and was refused."],
            T["Choose STARTTLS for port {0} in the app, not “none” and not “if available”.", report.Port], "/help/app-says"),
        ConnectionStep.SignedIn => (LineKind.Good, T["You are signed in."], "", ""),
        ConnectionStep.WrongPassword => (
            LineKind.Bad, T["The password was wrong."],
            T["Write it anew into the app, for incoming and outgoing mail. With two-step sign-in an app needs an app password."], "/help/two-steps"),
        ConnectionStep.TriedTooOften => (
            LineKind.Bad, T["Too many wrong passwords came from there: this one was not looked at."],
            T["Find the device that still has an old password, put the new one in, and wait a quarter of an hour."], "/help/app-says"),
        ConnectionStep.OtherUser => (
            LineKind.Bad, T["It gave a user name that is not your address."],
            T["The user name is your full address, the same for incoming and outgoing mail. If this is somebody else's app, do not mind it."], "/help/app-says"),
        ConnectionStep.Refused => (LineKind.Bad, T["The server refused: {0}", report.Detail], T["What the words mean stands in the list of errors."], "/help/app-says"),
        ConnectionStep.MessageTaken => (LineKind.Good, T["A message was taken and is on its way."], "", ""),
        ConnectionStep.Ended => (LineKind.Plain, EndOf(report.Detail), "", ""),
        _ => (LineKind.Plain, report.Step.ToString(), "", ""),
    };

    private static string EndOf(string? reason) => reason switch
    {
        "Quit" => T["The app said goodbye."],
        "ClientClosed" or "ConnectionLost" => T["The app hung up."],
        "IdleTimeout" => T["Nothing was said for too long; the connection is closed."],
        "TooManyFailedLogins" => T["Too many wrong passwords; the connection is closed."],
        "TooManyConnections" => T["Too many connections at once; this one is closed."],
        "CrossProtocol" => T["Something that speaks no mail called, such as a browser; the connection is closed."],
        _ => T["The connection is closed."],
    };

    private static string Ports(MailAppSettings settings, string name) => string.Join(
        T[" or "], settings.Outgoing.Where(service => service.Name == name).Select(static service => $"{service.Port} ({(service.IsImplicitTls ? "SSL/TLS" : "STARTTLS")})"));
}
