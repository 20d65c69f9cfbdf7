using System.Text.Json;
using System.Text.Json.Serialization;

namespace Posthorn.Web.Mail.Writing;

/// <summary>What stands under one's mail from one address.</summary>
/// <param name="Text">Plain.</param>
public sealed record Signature(string Text)
{
    // Read by reflection: what is missing then has its default, which generated code takes from init properties.
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web);

    /// <summary>The same with its looks; empty: it has none. Harmless.</summary>
    public string Html { get; init; } = "";

    public bool InNew { get; init; } = true;

    public bool InAnswers { get; init; } = true;

    [JsonIgnore]
    public bool IsEmpty => Text.Length == 0;

    internal bool IsFor(Writing kind) => kind == Writing.New ? InNew : InAnswers;

    /// <summary>As it stands in the text of a message: in one element, so that it can be exchanged whole.</summary>
    // "-- " and a line end: apps know a signature by it (RFC 3676 §4.3).
    internal string AsHtml() => $"<div>{RichText.FromText("-- ")}{(Html.Length > 0 ? Html : RichText.FromText(Text))}</div>";

    internal string AsText() => $"-- \n{Text}";

    /// <summary>Null: it is none, or of a form that this version does not know.</summary>
    internal static Signature? Parse(string json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind switch
            {
                JsonValueKind.String => new Signature(document.RootElement.GetString() ?? ""),
                JsonValueKind.Object => document.RootElement.Deserialize<Signature>(Options) is { Text: not null, Html: not null } read ? read : null,
                _ => null,
            };
        }
        catch (JsonException)
        {
            return null;
        }
    }

    internal string Write() => JsonSerializer.Serialize(this, Options);
}
