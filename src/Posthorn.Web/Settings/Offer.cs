namespace Posthorn.Web.Settings;

/// <summary>One of the values that a setting can have, in words.</summary>
public sealed record Offer(string Value, string Text)
{
    /// <summary>Offers of one kind stand together under this; empty: under nothing.</summary>
    public string Group { get; init; } = "";
}
