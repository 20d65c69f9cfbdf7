using System.Globalization;
using Posthorn.Server.Tls;
using Posthorn.Standards.Sasl;

namespace Posthorn.Server.Smtp;

/// <summary>What EHLO lists, made once for each kind of port and with and without TLS.</summary>
/// <remarks>
/// PIPELINING RFC 2920, SIZE RFC 1870, 8BITMIME RFC 6152, SMTPUTF8 RFC 6531, CHUNKING and BINARYMIME RFC 3030, ENHANCEDSTATUSCODES
/// RFC 2034, DSN RFC 3461, STARTTLS RFC 3207, AUTH RFC 4954, LIMITS RFC 9422, REQUIRETLS RFC 8689, FUTURERELEASE RFC 4865.
/// </remarks>
internal sealed class EhloReplies(SmtpOptions options)
{
    private readonly SmtpReply _relay = Make(options, SmtpRole.Relay, canStartTls: false, isTls: false, mechanisms: null);
    private readonly SmtpReply _relayStartTls = Make(options, SmtpRole.Relay, canStartTls: true, isTls: false, mechanisms: null);
    private readonly SmtpReply _relayTls = Make(options, SmtpRole.Relay, canStartTls: false, isTls: true, mechanisms: null);
    private readonly SmtpReply _submission = Make(options, SmtpRole.Submission, canStartTls: false, isTls: false, mechanisms: null);
    private readonly SmtpReply _submissionStartTls = Make(options, SmtpRole.Submission, canStartTls: true, isTls: false, mechanisms: null);
    private readonly SmtpReply _submissionTls = MakeSubmission(options, withBinding: false, withClient: false);
    private readonly SmtpReply _submissionTlsBound = MakeSubmission(options, withBinding: true, withClient: false);
    private readonly SmtpReply _submissionTlsClient = MakeSubmission(options, withBinding: false, withClient: true);
    private readonly SmtpReply _submissionTlsBoundClient = MakeSubmission(options, withBinding: true, withClient: true);

    public SmtpReply For(SmtpRole role, bool canStartTls, TlsDetails? tls, DateTimeOffset now) => (role, tls) switch
    {
        (SmtpRole.Relay, null) => canStartTls ? _relayStartTls : _relay,
        (SmtpRole.Relay, _) => _relayTls,
        (_, null) => WithDate(canStartTls ? _submissionStartTls : _submission, now),
        (_, { Certificate.EndPointBinding: null }) => WithDate(tls.ClientAddresses.Count > 0 ? _submissionTlsClient : _submissionTls, now),
        _ => WithDate(tls.ClientAddresses.Count > 0 ? _submissionTlsBoundClient : _submissionTlsBound, now),
    };

    // future-release-date-time: the last line ends with the latest time that can be asked for. RFC 4865 §4.
    private SmtpReply WithDate(SmtpReply reply, DateTimeOffset now) =>
        new(reply.Code, null, reply.Text + (now + options.Limits.MaxHold).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));

    private static SmtpReply MakeSubmission(SmtpOptions options, bool withBinding, bool withClient) => Make(
        options, SmtpRole.Submission, canStartTls: false, isTls: true, string.Join(' ', SaslMechanisms.Offered(withBinding ? [] : null, withClient ? [""] : null)));

    private static SmtpReply Make(SmtpOptions options, SmtpRole role, bool canStartTls, bool isTls, string? mechanisms)
    {
        List<string> lines =
        [
            options.HostName,
            "PIPELINING",
            $"SIZE {options.MaxMessageBytes}",
            "8BITMIME",
            "SMTPUTF8",
            "CHUNKING",
            "BINARYMIME",
            "ENHANCEDSTATUSCODES",
            "DSN",
            $"LIMITS RCPTMAX={options.Limits.MaxRecipients}",
        ];
        if (canStartTls)
        {
            lines.Add("STARTTLS");
        }
        // RFC 8689 §2: only within TLS.
        if (isTls)
        {
            lines.Add("REQUIRETLS");
        }
        // No password before TLS: not offered, and refused when tried.
        if (mechanisms is not null)
        {
            lines.Add($"AUTH {mechanisms}");
        }
        if (role != SmtpRole.Relay)
        {
            lines.Add($"FUTURERELEASE {(long)options.Limits.MaxHold.TotalSeconds} ");
        }
        return SmtpReply.Fixed(250, null, string.Join('\n', lines));
    }
}
