using System.Collections.Frozen;
using System.Globalization;
using Posthorn.Core.Messages;

namespace Posthorn.Core.Search;

/// <summary>
/// Reads a query: words, "phrases", operators (<c>from: to: cc: bcc: subject: filename: has: is: in: before: after: larger: smaller:</c>), a minus before any of
/// them for "not". Nothing is an error: what looks like no operator is a word.
/// </summary>
internal static class SearchQueryReader
{
    /// <summary>Characters that are read; the rest is not looked at.</summary>
    public const int MaxLength = 1_000;

    /// <summary>Terms of one query; the rest is not looked at.</summary>
    public const int MaxTerms = 40;

    private static readonly string[] Days = ["yyyy-M-d", "yyyy/M/d", "yyyy.M.d", "d.M.yyyy", "yyyy-M", "yyyy/M", "yyyy"];

    private static readonly FrozenDictionary<string, Func<string, Reading>> Operators = new Dictionary<string, Func<string, Reading>>
    {
        ["from"] = static value => new SearchTerm.Text(TextFields.From, value),
        ["to"] = static value => new SearchTerm.Text(TextFields.To | TextFields.Cc | TextFields.Bcc, value),
        ["cc"] = static value => new SearchTerm.Text(TextFields.Cc, value),
        ["bcc"] = static value => new SearchTerm.Text(TextFields.Bcc, value),
        ["subject"] = static value => new SearchTerm.Text(TextFields.Subject, value),
        ["filename"] = static value => new SearchTerm.Text(TextFields.Names, value),
        ["in"] = static value => new SearchTerm.In(value),
        ["before"] = static value => Day(value) is { } day ? new SearchTerm.Before(day) : NoDay("before", value),
        ["after"] = static value => Day(value) is { } day ? new SearchTerm.After(day) : NoDay("after", value),
        ["larger"] = static value => Size(value) is { } size ? new SearchTerm.Larger(size) : NoSize("larger", value),
        ["smaller"] = static value => Size(value) is { } size ? new SearchTerm.Smaller(size) : NoSize("smaller", value),
        ["has"] = static value => value.ToUpperInvariant() is "ATTACHMENT" or "ATTACHMENTS" or "FILE"
            ? new SearchTerm.HasAttachment()
            : new Reading(null, $"has:{value} is not known; there is has:attachment."),
        ["is"] = static value => State(value) is { } state
            ? state
            : new Reading(null, $"is:{value} is not known; there are is:unread, is:read, is:flagged, is:unflagged, is:answered and is:draft."),
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    public static SearchQuery Read(string text)
    {
        var terms = new List<SearchTerm>();
        var objections = new List<string>();
        ReadOnlySpan<char> rest = text.AsSpan(0, Math.Min(text.Length, MaxLength)).Trim();
        while (!rest.IsEmpty && terms.Count < MaxTerms)
        {
            bool isNegated = rest.Length > 1 && rest[0] == '-' && !char.IsWhiteSpace(rest[1]);
            rest = isNegated ? rest[1..] : rest;
            Reading reading = ReadTerm(ref rest);
            if (reading.Term is { } term)
            {
                terms.Add(term with { IsNegated = isNegated });
            }

            if (reading.Objection is { } objection)
            {
                objections.Add(objection);
            }

            rest = rest.TrimStart();
        }

        return new SearchQuery(terms, objections);
    }

    private static Reading ReadTerm(ref ReadOnlySpan<char> rest)
    {
        int length = 0;
        while (length < rest.Length && char.IsAsciiLetter(rest[length]))
        {
            length++;
        }

        if (length > 0 && length < rest.Length && rest[length] == ':' && Operators.TryGetValue(rest[..length].ToString(), out Func<string, Reading>? read))
        {
            string name = rest[..length].ToString();
            rest = rest[(length + 1)..];
            string value = ReadValue(ref rest);
            return value.Length > 0 ? read(value) : new Reading(null, $"{name}: needs something after the colon.");
        }

        string word = ReadValue(ref rest);
        return new Reading(word.Length > 0 ? new SearchTerm.Text(TextFields.Words, word) : null, null);
    }

    /// <summary>A phrase in quotes, or everything up to the next space. Quotes that do not end go to the end.</summary>
    private static string ReadValue(ref ReadOnlySpan<char> rest)
    {
        int end;
        if (rest is ['"' or '\u201C' or '\u201E', ..])
        {
            rest = rest[1..];
            end = rest.IndexOfAny('"', '\u201C', '\u201D');
            string phrase = (end < 0 ? rest : rest[..end]).Trim().ToString();
            rest = end < 0 ? [] : rest[(end + 1)..];
            return phrase;
        }

        end = 0;
        while (end < rest.Length && !char.IsWhiteSpace(rest[end]))
        {
            end++;
        }

        string value = rest[..end].ToString();
        rest = rest[end..];
        return value;
    }

    private static SearchTerm.Flag? State(string value) => value.ToUpperInvariant() switch
    {
        "UNREAD" => new SearchTerm.Flag(MessageFlags.Seen, IsSet: false),
        "READ" => new SearchTerm.Flag(MessageFlags.Seen, IsSet: true),
        "FLAGGED" or "STARRED" => new SearchTerm.Flag(MessageFlags.Flagged, IsSet: true),
        "UNFLAGGED" or "UNSTARRED" => new SearchTerm.Flag(MessageFlags.Flagged, IsSet: false),
        "ANSWERED" or "REPLIED" => new SearchTerm.Flag(MessageFlags.Answered, IsSet: true),
        "UNANSWERED" => new SearchTerm.Flag(MessageFlags.Answered, IsSet: false),
        "DRAFT" => new SearchTerm.Flag(MessageFlags.Draft, IsSet: true),
        _ => null,
    };

    private static DateOnly? Day(string value) =>
        DateOnly.TryParseExact(value, Days, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly day) ? day : null;

    /// <summary>Octets; k, m and g for 1,024 and its powers, a b after them or not.</summary>
    private static long? Size(string value)
    {
        ReadOnlySpan<char> text = value.AsSpan().TrimEnd("bB");
        int shift = text is [.., var unit] ? char.ToUpperInvariant(unit) switch { 'K' => 10, 'M' => 20, 'G' => 30, _ => 0 } : 0;
        text = shift > 0 ? text[..^1] : text;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? (long)number << shift : null;
    }

    private static Reading NoDay(string name, string value) => new(null, $"{name}:{value} is no day; write it as {name}:2026-01-31.");

    private static Reading NoSize(string name, string value) => new(null, $"{name}:{value} is no size; write it as {name}:5M.");

    private readonly record struct Reading(SearchTerm? Term, string? Objection)
    {
        public static implicit operator Reading(SearchTerm term) => new(term, null);
    }
}
