using MimeKit;
using Posthorn.Core.Accounts;
using Posthorn.Core.Messages;
using Posthorn.Standards;
using Posthorn.Web.Sessions;
using Posthorn.Web.Settings;

namespace Posthorn.Web.Mail.Reading;

/// <summary>Senders whose pictures are loaded from other hosts without being asked for.</summary>
/// <remarks>
/// Only for mail whose sender was proved when it came (DMARC passed): anybody can write an address into From, and a picture tells that it was read. What this server
/// found out stands in the lines that it put before the message itself: no sender can write a line there, but the envelope's addresses are in them.
/// </remarks>
internal sealed class SenderPictures(Preferences preferences)
{
    private const string KeyPrefix = "mail.pictures.";

    public async ValueTask<bool> IsAllowedAsync(WebSession session, Message row, MimeMessage message, CancellationToken cancel) =>
        KeyOf(message) is { } key && IsProved(row)
        && (await preferences.GetAsync(session.Actor, session.Account.Id, key, cancel)).TryGet(out string? allowed, out _) && allowed == "true";

    /// <summary>Whether pictures of this message are loaded now.</summary>
    /// <param name="session">Who reads.</param>
    /// <param name="row">Its row.</param>
    /// <param name="message">Its octets, read.</param>
    /// <param name="isAsked">The reader asked for them this once.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async ValueTask<bool> AreLoadedAsync(WebSession session, Message row, MimeMessage message, bool isAsked, CancellationToken cancel) =>
        session.Settings.Reading.Pictures != RemotePictures.Never && (isAsked || await IsAllowedAsync(session, row, message, cancel));

    /// <summary>Addresses of senders that are trusted, by name.</summary>
    public async ValueTask<IReadOnlyList<string>> TrustedAsync(WebSession session, CancellationToken cancel) =>
        (await preferences.ListAsync(session.Actor, session.Account.Id, KeyPrefix, cancel)).TryGet(out IReadOnlyList<KeyValuePair<string, string>>? all, out _)
            ? [.. all.Where(static pair => pair.Value == "true").Select(static pair => pair.Key[KeyPrefix.Length..]).Order(StringComparer.Ordinal)]
            : [];

    /// <param name="session">Who reads.</param>
    /// <param name="address">As <see cref="TrustedAsync"/> gives it.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async ValueTask DistrustAsync(WebSession session, string address, CancellationToken cancel) =>
        await preferences.SetAsync(session.Actor, session.Account.Id, KeyPrefix + address, null, cancel);

    public async ValueTask AllowAsync(WebSession session, MimeMessage message, bool isAllowed, CancellationToken cancel)
    {
        if (KeyOf(message) is { } key)
        {
            await preferences.SetAsync(session.Actor, session.Account.Id, key, isAllowed ? "true" : null, cancel);
        }
    }

    /// <summary>"Always" can be offered: it would count for this message.</summary>
    public static bool IsProved(Message row) => AuthenticationResults.Tell(row.Prefix, "dmarc", "pass");

    private static string? KeyOf(MimeMessage message) =>
        message.From.Mailboxes.ToArray() is [{ Address: { Length: > 0 } address }] ? KeyPrefix + address.ToLowerInvariant() : null;
}
