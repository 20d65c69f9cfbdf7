namespace Posthorn.Server.Imap.Appending;

/// <summary>What a line of APPEND asks for, in order.</summary>
internal abstract record AppendStep
{
    private AppendStep()
    {
    }

    /// <summary>A message begins.</summary>
    public sealed record Begin(FlagList Flags, DateTimeOffset? InternalDate) : AppendStep;

    /// <summary>Octets of a message that is here already (RFC 4469 §3).</summary>
    public sealed record Url(string Text) : AppendStep;

    /// <summary>Octets that the client sends. Always the last step of a line.</summary>
    /// <param name="IsWhole">They are the whole message, no part of one.</param>
    public sealed record Literal(LiteralHeader Header, bool IsWhole) : AppendStep;

    /// <summary>The message is whole.</summary>
    public sealed record End : AppendStep
    {
        public static readonly End Instance = new();
    }
}

/// <summary>What may stand next in an APPEND.</summary>
internal enum AppendState
{
    /// <summary>The first message.</summary>
    Message,

    /// <summary>A literal was the whole message.</summary>
    Ended,

    /// <summary>Another message (RFC 3502), or nothing.</summary>
    MessageOrEnd,

    /// <summary>The parenthesis of a literal that says UTF8 (RFC 6855 §4).</summary>
    Utf8Closing,

    /// <summary>The same inside a catenation.</summary>
    Utf8PartClosing,

    /// <summary>Another part of a catenation, or its end.</summary>
    PartOrEnd,
}

/// <summary>A line of APPEND: up to a literal that is to be streamed, or to the end of the command.</summary>
/// <param name="Next">What may stand behind its literal; of no use where it has none.</param>
internal sealed record AppendLine(IReadOnlyList<AppendStep> Steps, AppendState Next)
{
    /// <summary>The literal that it ends with; null: the command is over.</summary>
    public AppendStep.Literal? Literal => Steps is [.., AppendStep.Literal literal] ? literal : null;
}
