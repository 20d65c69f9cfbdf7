using Posthorn.Web.Mail.List;

namespace Posthorn.Web.Mail.Searching;

/// <summary>What a search found.</summary>
/// <param name="Text">As it was typed.</param>
/// <param name="Rows">The newest first.</param>
/// <param name="Words">To mark.</param>
/// <param name="Objections">What of it could not be read, one sentence each.</param>
/// <param name="Next">Where the older hits begin; null: there are none.</param>
/// <param name="After">Where these begin; null: at the newest.</param>
public sealed record HitList(string Text, IReadOnlyList<MessageRow> Rows, IReadOnlyList<string> Words, IReadOnlyList<string> Objections, string? Next, string? After)
{
    /// <summary>Of the page of these hits.</summary>
    public string Address => At(After);

    /// <summary>Of the page of the older ones; null: there are none.</summary>
    public string? Older => Next is null ? null : At(Next);

    /// <summary>Follows the address of a message.</summary>
    public string Suffix => $"?{Fields(After)}";

    private string At(string? after) => $"/mail/search?{Fields(after)}";

    private string Fields(string? after) => $"q={Uri.EscapeDataString(Text)}{(after is null ? "" : $"&after={Uri.EscapeDataString(after)}")}";
}
