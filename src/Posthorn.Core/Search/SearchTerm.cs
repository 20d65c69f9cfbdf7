using Posthorn.Core.Messages;

namespace Posthorn.Core.Search;

/// <summary>One condition of a query; all of them hold for a message that is found.</summary>
public abstract record SearchTerm
{
    private SearchTerm()
    {
    }

    /// <summary>A minus stands before it.</summary>
    public bool IsNegated { get; init; }

    /// <summary>A word or a phrase, in one of the fields.</summary>
    public sealed record Text(TextFields Fields, string Value) : SearchTerm;

    /// <summary>Received on that day or later.</summary>
    public sealed record After(DateOnly Day) : SearchTerm;

    /// <summary>Received before that day began.</summary>
    public sealed record Before(DateOnly Day) : SearchTerm;

    /// <summary>In a folder: its name, the last part of it, or its use (inbox, sent, drafts, trash, junk, archive). Several mean any of them.</summary>
    public sealed record In(string Mailbox) : SearchTerm;

    public sealed record HasAttachment : SearchTerm;

    public sealed record Flag(MessageFlags Bit, bool IsSet) : SearchTerm;

    public sealed record Larger(long Octets) : SearchTerm;

    public sealed record Smaller(long Octets) : SearchTerm;
}
