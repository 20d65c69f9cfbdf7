using System.Buffers;

namespace Posthorn.Standards.Imap;

/// <summary>What may be a keyword: <c>flag-keyword = ... / atom</c>.</summary>
/// <remarks>RFC 9051 §9. For names that come from files; the parser of the protocol has its own way.</remarks>
public static class FlagKeyword
{
    /// <summary>A limit of ours: a longer word in a file is no keyword.</summary>
    public const int MaxLength = 128;

    private static readonly SearchValues<char> AtomChar = SearchValues.Create("!#$&'+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[^_`abcdefghijklmnopqrstuvwxyz|~");

    public static bool IsValid(ReadOnlySpan<char> word) => word.Length is > 0 and <= MaxLength && !word.ContainsAnyExcept(AtomChar);
}
