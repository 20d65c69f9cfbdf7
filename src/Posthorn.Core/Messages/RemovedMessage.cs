using System.Globalization;
using System.Text.Json;
using Posthorn.Core.Mailboxes;

namespace Posthorn.Core.Messages;

/// <summary>Names a removed message: where it was. Neither mailbox ids nor the UIDs of a mailbox are ever given twice.</summary>
public readonly record struct RemovedId(MailboxId Mailbox, uint Uid)
{
    /// <summary>As <c>mailbox.uid</c>, two numbers.</summary>
    public static bool TryParse(string text, out RemovedId id)
    {
        string[] parts = text.Split('.');
        if (parts.Length == 2 && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out long mailbox)
            && uint.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out uint uid))
        {
            id = new RemovedId(new MailboxId(mailbox), uid);
            return true;
        }

        id = default;
        return false;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Mailbox}.{Uid}");
}

/// <summary>A message that was taken out of a mailbox and can be brought back.</summary>
/// <param name="MailboxName">The mailbox's name when the message went.</param>
/// <param name="Flags">System flags; keywords go by name.</param>
public sealed record RemovedMessage(
    RemovedId Id,
    EmailId Email,
    string MailboxName,
    MessageFlags Flags,
    IReadOnlyList<string> Keywords,
    long SizeBytes,
    DateTimeOffset Removed,
    DateTimeOffset InternalDate,
    string Preview)
{
    internal static string WriteKeywords(Mailbox mailbox, MessageFlags flags) => (flags & ~MessageFlags.System) == 0
        ? "[]"
        : JsonSerializer.Serialize(mailbox.Keywords.Where((_, position) => flags.HasFlag(KeywordBits.Of(position))));

    internal static IReadOnlyList<string> ReadKeywords(string stored) => stored == "[]" ? [] : JsonSerializer.Deserialize<string[]>(stored) ?? [];
}

/// <summary>Which removed messages: all conditions hold.</summary>
public sealed record RemovedSelection
{
    public static readonly RemovedSelection All = new();

    /// <summary>Removed then or later.</summary>
    public DateTimeOffset Since { get; init; } = DateTimeOffset.UnixEpoch;

    /// <summary>Removed earlier.</summary>
    public DateTimeOffset Before { get; init; } = DateTimeOffset.MaxValue;

    /// <summary>Full name of the mailbox as it was; null: any.</summary>
    public string? Mailbox { get; init; }

    public RemovedId? Id { get; init; }
}
