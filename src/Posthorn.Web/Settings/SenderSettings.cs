namespace Posthorn.Web.Settings;

/// <summary>Under which of the account's addresses a person writes, and the name that goes with each.</summary>
public sealed record SenderSettings
{
    /// <summary>What a new message is sent from; null: the account's own address.</summary>
    public string? Usual { get; init; }

    /// <summary>By address; one that is not here has the account's name.</summary>
    public IReadOnlyDictionary<string, string> Names { get; init => field = value ?? new Dictionary<string, string>(); } = new Dictionary<string, string>();

    internal string NameOf(string address, string? own) =>
        Names.FirstOrDefault(pair => pair.Key.Equals(address, StringComparison.OrdinalIgnoreCase)).Value is { Length: > 0 } name ? name : own ?? "";

    /// <summary>A new message's address: one that is the account's no more counts as not chosen.</summary>
    internal string UsualAmong(IReadOnlyList<string> senders) =>
        senders.FirstOrDefault(sender => sender.Equals(Usual, StringComparison.OrdinalIgnoreCase)) ?? (senders.Count > 0 ? senders[0] : "");
}
