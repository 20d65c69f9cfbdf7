using System.Globalization;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;

namespace Posthorn.Core.Search;

/// <summary>Where the next page begins: after this message. Ids are never used again, so a page stays in its place while mail comes and goes.</summary>
public readonly record struct SearchPosition(DateTimeOffset Received, EmailId Email)
{
    /// <summary>Whether this one is listed before the other one: the newest first.</summary>
    public bool IsBefore(SearchPosition other) =>
        Received.UtcTicks != other.Received.UtcTicks ? Received.UtcTicks > other.Received.UtcTicks : Email.Value > other.Email.Value;

    /// <summary>Null: it is none.</summary>
    public static SearchPosition? Parse(string? text) =>
        text?.Split('.') is [var received, var email]
        && long.TryParse(received, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long time)
        && time >= DateTimeOffset.MinValue.ToUnixTimeMilliseconds() && time <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
        && long.TryParse(email, NumberStyles.None, CultureInfo.InvariantCulture, out long id)
            ? new SearchPosition(DateTimeOffset.FromUnixTimeMilliseconds(time), new EmailId(id))
            : null;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Received.ToUnixTimeMilliseconds()}.{Email.Value}");
}

/// <param name="After">Null: from the newest.</param>
/// <param name="Size">Hits at the most; see <see cref="Searches.MaxPage"/>.</param>
public readonly record struct SearchPage(SearchPosition? After, int Size);

/// <summary>A message that was found, with its envelope, structure and preview. One that is in several folders comes once.</summary>
public sealed record SearchHit(Mailbox Mailbox, Message Message);

/// <param name="Hits">The newest first, by the time of arrival.</param>
/// <param name="Next">Null: there are no more.</param>
/// <param name="Words">To mark: see <see cref="HitMarks"/>.</param>
public sealed record SearchHits(IReadOnlyList<SearchHit> Hits, SearchPosition? Next, IReadOnlyList<string> Words);
