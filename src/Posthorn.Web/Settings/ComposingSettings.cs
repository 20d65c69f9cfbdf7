namespace Posthorn.Web.Settings;

/// <summary>How a person writes mail.</summary>
public sealed record ComposingSettings
{
    /// <summary>Seconds that one can choose from.</summary>
    public static IReadOnlyList<int> UndoTimes { get; } = [0, 5, 10, 20, 30];

    /// <summary>A new message begins as plain text.</summary>
    public bool StartsPlain { get; init; }

    /// <summary>In this time what was sent can be taken back; zero: it leaves at once.</summary>
    public int UndoSeconds { get; init; } = 10;

    /// <summary>What is meant by "reply" where a message went to several people.</summary>
    public bool AnswersAll { get; init; }

    /// <summary>Asks before sending what mentions an attachment and has none.</summary>
    public bool WarnsOfMissingFile { get; init; } = true;

    public SignaturePlace SignaturePlace { get; init; }

    /// <summary>The same without what cannot be chosen.</summary>
    internal ComposingSettings Bounded => UndoTimes.Contains(UndoSeconds) ? this : this with { UndoSeconds = new ComposingSettings().UndoSeconds };
}

/// <summary>Where a signature stands in an answer.</summary>
public enum SignaturePlace
{
    AboveQuote,
    BelowQuote,
}
