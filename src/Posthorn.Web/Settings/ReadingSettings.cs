namespace Posthorn.Web.Settings;

/// <summary>How a person reads mail.</summary>
public sealed record ReadingSettings
{
    /// <summary>What <see cref="ReadAfter.SomeSeconds"/> are.</summary>
    public const int SecondsUntilRead = 3;

    public RemotePictures Pictures { get; init; }

    /// <summary>Messages open as plain text; their looks are one press away.</summary>
    public bool AsText { get; init; }

    public ReadAfter MarkRead { get; init; }

    /// <summary>The list has the first words of each message.</summary>
    public bool ShowsPreview { get; init; } = true;

    public Density Density { get; init; }

    /// <summary>Classes of the list for its style sheet.</summary>
    internal string ListClass => (ShowsPreview ? "list" : "list bare") + (Density == Density.Compact ? " compact" : "");
}

/// <summary>What becomes of pictures that lie on other hosts: loading them tells the sender that the message is read.</summary>
public enum RemotePictures
{
    /// <summary>The reader is asked; senders may be trusted for ever.</summary>
    Ask,

    /// <summary>They are loaded for nobody, and nobody is asked.</summary>
    Never,
}

/// <summary>When a message that is open counts as read.</summary>
public enum ReadAfter
{
    Opening,

    /// <summary>The page's script says so after <see cref="ReadingSettings.SecondsUntilRead"/>.</summary>
    SomeSeconds,

    /// <summary>When its reader says so.</summary>
    Asking,
}

/// <summary>Room that a line of the list takes.</summary>
public enum Density
{
    Comfortable,
    Compact,
}
