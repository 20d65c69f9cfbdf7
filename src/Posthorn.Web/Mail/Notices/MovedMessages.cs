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

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Now.Value}.{Uids}.{Before.Value}");

    private static MovedMessages? One(string text) =>
        text.Split('.') is [var now, var uids, var before]
        && long.TryParse(now, NumberStyles.None, CultureInfo.InvariantCulture, out long to)
        && long.TryParse(before, NumberStyles.None, CultureInfo.InvariantCulture, out long from)
        && UidSet.TryParse(uids, MaxRanges) is { } set
            ? new MovedMessages(new MailboxId(to), set, new MailboxId(from))
            : null;
}
