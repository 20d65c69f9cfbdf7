using Posthorn.Core.Delivery;
using Posthorn.Standards.Mime;
using Posthorn.Standards.Smtp;

namespace Posthorn.Core.Replies;

/// <summary>Why a message is not answered.</summary>
internal enum Silence
{
    /// <summary>There is nobody to answer, or it is the account itself.</summary>
    NoSender,

    /// <summary>A program's address, or one that nobody reads.</summary>
    Daemon,

    /// <summary>It came through a list, or to many.</summary>
    List,

    /// <summary>A program wrote it.</summary>
    Automatic,

    /// <summary>It may be forged, or is junk.</summary>
    Suspect,

    /// <summary>No address of the account is among its recipients.</summary>
    NotPersonal,
}

/// <summary>The manners of automatic answers: to people who wrote to this person, and to nobody and nothing else.</summary>
/// <remarks>RFC 5230 §4.5, §4.6, RFC 3834 §2. Whether somebody was answered already is not decided here.</remarks>
internal static class VacationManners
{
    // RFC 5230 §4.6. Postmasters are people and are answered.
    private static readonly string[] Daemons =
        ["mailer-daemon", "listserv", "majordomo", "listproc", "noreply", "no-reply", "no_reply", "do-not-reply", "donotreply", "bounce", "bounces", "nobody"];

    private static readonly string[] ListEndings = ["-request", "-bounce", "-bounces", "-owner", "-relay"];

    /// <summary>Null: it is to be answered.</summary>
    /// <param name="sender">The reverse path; empty: the null sender.</param>
    /// <param name="header">Of the message.</param>
    /// <param name="suspicion">What the checks found.</param>
    /// <param name="own">All addresses of the account, in comparable form.</param>
    public static Silence? Object(string sender, ReplyHeader header, Suspicion suspicion, IReadOnlySet<string> own)
    {
        // RFC 3834 §2: never to the null sender.
        if (!EmailAddress.TryParse(sender, out EmailAddress? address) || own.Contains(address.Canonical))
        {
            return Silence.NoSender;
        }

        if (IsDaemon(address.User))
        {
            return Silence.Daemon;
        }

        return header.Summary.IsList || header.IsBulk ? Silence.List
            : header.Summary.IsAutoSubmitted ? Silence.Automatic
            : suspicion != Suspicion.None || header.IsJunk ? Silence.Suspect
            : !header.Recipients.Overlaps(own) ? Silence.NotPersonal
            : null;
    }

    private static bool IsDaemon(string user) =>
        Daemons.Contains(user) || user.StartsWith("owner-", StringComparison.Ordinal) || ListEndings.Any(ending => user.EndsWith(ending, StringComparison.Ordinal));
}
