using System.Collections.Frozen;
using System.Text;
using Posthorn.Server.Smtp.Commands;

namespace Posthorn.Server.Smtp;

/// <summary>Where a session stands. RFC 5321 §4.1.4.</summary>
[Flags]
internal enum SmtpStates
{
    /// <summary>No EHLO yet, or TLS has just begun.</summary>
    Start = 1,
    Greeted = 2,

    /// <summary>MAIL was accepted.</summary>
    Mail = 4,

    /// <summary>A recipient at least was accepted.</summary>
    Recipients = 8,

    /// <summary>Within BDAT. RFC 3030 §2.</summary>
    Chunks = 16,

    Transaction = Mail | Recipients | Chunks,
    AfterHello = Greeted | Transaction,
    Any = Start | AfterHello,
}

/// <summary>What the loop checks before a command runs.</summary>
[Flags]
internal enum SmtpTraits
{
    None = 0,

    /// <summary>On port 587 only within TLS. RFC 3207 §4: before it, only NOOP, EHLO, STARTTLS and QUIT are served.</summary>
    TlsForSubmission = 1,

    /// <summary>On 587 and 465 only after AUTH. RFC 6409 §4.3.</summary>
    SignInForSubmission = 2,

    /// <summary>Not on port 25.</summary>
    SubmissionOnly = 4,

    /// <summary>Octets that are no command follow it: refused, they are read and thrown away before the answer.</summary>
    CarriesOctets = 8,
}

/// <param name="Verb">Upper case.</param>
/// <param name="Allowed">States in which it may be said; otherwise 503.</param>
/// <param name="Next">The state after a positive answer; null: as the command leaves it.</param>
/// <param name="Traits">Conditions on port, TLS and sign-in.</param>
/// <param name="Parse">Reads the argument.</param>
internal sealed record SmtpRow(string Verb, SmtpStates Allowed, SmtpStates? Next, SmtpTraits Traits, SmtpParse Parse);

/// <summary>Which commands exist, and when they may be said.</summary>
internal static class SmtpCommandTable
{
    private const int LongestVerb = 8;

    private const SmtpTraits Sends = SmtpTraits.TlsForSubmission | SmtpTraits.SignInForSubmission;

    public static readonly IReadOnlyList<SmtpRow> Rows =
    [
        new("EHLO", SmtpStates.Any, SmtpStates.Greeted, SmtpTraits.None, Ehlo.Parse),
        new("HELO", SmtpStates.Any, SmtpStates.Greeted, SmtpTraits.None, Helo.Parse),
        new("STARTTLS", SmtpStates.Start | SmtpStates.Greeted, null, SmtpTraits.None, StartTls.Parse),
        new("AUTH", SmtpStates.Greeted, null, SmtpTraits.SubmissionOnly | SmtpTraits.TlsForSubmission, Auth.Parse),
        new("MAIL", SmtpStates.Greeted, SmtpStates.Mail, Sends, Mail.Parse),
        new("RCPT", SmtpStates.Mail | SmtpStates.Recipients, SmtpStates.Recipients, Sends, Rcpt.Parse),
        new("DATA", SmtpStates.Recipients, null, Sends, Data.Parse),
        new("BDAT", SmtpStates.Recipients | SmtpStates.Chunks, null, Sends | SmtpTraits.CarriesOctets, Bdat.Parse),
        new("RSET", SmtpStates.Any, null, SmtpTraits.None, Rset.Parse),
        new("NOOP", SmtpStates.Any, null, SmtpTraits.None, Noop.Parse),
        new("VRFY", SmtpStates.AfterHello, null, Sends, Vrfy.Parse),
        new("EXPN", SmtpStates.Any, null, SmtpTraits.None, Expn.Parse),
        new("HELP", SmtpStates.Any, null, SmtpTraits.None, Help.Parse),
        new("QUIT", SmtpStates.Any, null, SmtpTraits.None, Quit.Parse),
    ];

    private static readonly FrozenDictionary<string, SmtpRow> ByVerb =
        Rows.ToFrozenDictionary(row => row.Verb, StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenDictionary<string, SmtpRow>.AlternateLookup<ReadOnlySpan<char>> Lookup =
        ByVerb.GetAlternateLookup<ReadOnlySpan<char>>();

    public static SmtpRow? Find(ReadOnlySpan<byte> verb)
    {
        if (verb.Length is 0 or > LongestVerb || !Ascii.IsValid(verb))
        {
            return null;
        }
        Span<char> name = stackalloc char[LongestVerb];
        var length = Encoding.ASCII.GetChars(verb, name);
        return Lookup.TryGetValue(name[..length], out var row) ? row : null;
    }
}
