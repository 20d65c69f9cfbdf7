using System.Globalization;
using Posthorn.Core;
using Posthorn.Core.Messages;

namespace Posthorn.Web.Mail.Notices;

/// <summary>Where messages of one folder were just moved to, so that they can be moved back.</summary>
/// <param name="Now">Where they lie.</param>
/// <param name="Uids">There.</param>
/// <param name="Before">Where they lay.</param>
public sealed record MovedMessages(MailboxId Now, UidSet Uids, MailboxId Before)
{
    /// <summary>Folders that messages of one step came from: hits of a search lie in many.</summary>
    public const int MaxGroups = 50;

    /// <summary>They were put off: until when, and where they would come back to. Null: nothing was planned for them.</summary>
    public (DateTimeOffset Until, MailboxId Target)? Snoozed { get; init; }

    /// <summary>Ranges of UIDs of one group.</summary>
    private const int MaxRanges = 1_000;

    public static string Write(IReadOnlyList<MovedMessages> groups) => string.Join('_', groups);

    /// <summary>Null: it is none.</summary>
    public static IReadOnlyList<MovedMessages>? Parse(string? text)
    {
        string[] parts = text?.Split('_', MaxGroups + 1) ?? [];
        MovedMessages[] groups = [.. parts.Take(MaxGroups).Select(One).OfType<MovedMessages>()];
        return groups.Length > 0 && groups.Length == parts.Length ? groups : null;
    }

    public override string ToString() => Snoozed is var (until, target)
        ? string.Create(CultureInfo.InvariantCulture, $"{Now.Value}.{Uids}.{Before.Value}.{until.ToUnixTimeMilliseconds()}.{target.Value}")
        : string.Create(CultureInfo.InvariantCulture, $"{Now.Value}.{Uids}.{Before.Value}");

    private static MovedMessages? One(string text) =>
        text.Split('.') is [var now, var uids, var before, .. var plan]
        && Number(now) is { } to && Number(before) is { } from && UidSet.TryParse(uids, MaxRanges) is { } set
            ? plan switch
            {
                [] => new MovedMessages(new MailboxId(to), set, new MailboxId(from)),
                [var until, var target] when Number(until) is { } moment and <= MailNotice.LastMoment && Number(target) is { } back =>
                    new MovedMessages(new MailboxId(to), set, new MailboxId(from)) { Snoozed = (DateTimeOffset.FromUnixTimeMilliseconds(moment), new MailboxId(back)) },
                _ => null,
            }
            : null;

    private static long? Number(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;
}
