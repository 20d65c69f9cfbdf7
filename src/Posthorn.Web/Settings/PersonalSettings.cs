namespace Posthorn.Web.Settings;

/// <summary>What a person chose for the pages. A session has it from its first line on, so that no page shows anything in another language, zone or manner.</summary>
public sealed record PersonalSettings
{
    public GeneralSettings General { get; init; } = new();

    public ReadingSettings Reading { get; init; } = new();

    public ComposingSettings Composing { get; init; } = new();

    public SenderSettings Senders { get; init; } = new();
}
