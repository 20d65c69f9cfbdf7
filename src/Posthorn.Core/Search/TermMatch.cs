using Posthorn.Core.Bodies;
using Posthorn.Core.Messages;
using Posthorn.Core.Search.Index;
using Posthorn.Standards.Mime;

namespace Posthorn.Core.Search;

/// <summary>Decides the texts of a query for one message after another, by the row where it can, else by the octets.</summary>
internal sealed class TermMatch
{
    private readonly Wanted[] _wanted;
    private readonly int _overlap;

    public TermMatch(IEnumerable<SearchTerm.Text> terms)
    {
        _wanted = [.. terms.Select(static term => new Wanted(term.Fields, SearchText.Fold(term.Value), term.IsNegated)).Where(static wanted => wanted.Needle.Length > 0)];
        _overlap = _wanted.Length == 0 ? 0 : SearchText.Overlap(_wanted.Max(static wanted => wanted.Needle.Length));
    }

    /// <summary>What the index is asked: one for each text.</summary>
    public IReadOnlyList<TextQuery> Queries => [.. _wanted.Select(static wanted => new TextQuery(wanted.Fields, wanted.Needle))];

    /// <summary>By what the index says. Null: the message decides.</summary>
    public bool? Test(IndexAnswers answers, int message)
    {
        bool? answer = true;
        for (int i = 0; i < _wanted.Length; i++)
        {
            IndexAnswer one = answers.Of(i, message);
            if (one == (_wanted[i].IsNegated ? IndexAnswer.Yes : IndexAnswer.No))
            {
                return false;
            }

            answer = one == IndexAnswer.Maybe ? null : answer;
        }

        return answer;
    }

    /// <summary>By what the row holds, read with its envelope. Null: the octets decide.</summary>
    public bool? Test(Message row)
    {
        EnvelopeTexts? envelope = row.Envelope is { Length: > 0 } stored ? EnvelopeTexts.Read(stored) : null;
        Span<bool> found = stackalloc bool[_wanted.Length];
        if (envelope is not null)
        {
            foreach (FieldText text in MessageTexts.OfEnvelope(envelope))
            {
                Look(text, found);
            }
        }

        bool? answer = true;
        for (int i = 0; i < _wanted.Length; i++)
        {
            bool isFinal = found[i] || (envelope is not null && (_wanted[i].Fields & ~TextFields.Envelope) == 0);
            if (isFinal && found[i] == _wanted[i].IsNegated)
            {
                return false;
            }

            answer = isFinal ? answer : null;
        }

        return answer;
    }

    /// <param name="row">Read with envelope, structure and content.</param>
    public bool Test(Message row, MessageContent content)
    {
        bool[] found = new bool[_wanted.Length];
        foreach (FieldText text in MessageTexts.Of(row, content, _overlap))
        {
            if (Look(text, found) && IsSettled(found, out bool early))
            {
                return early;
            }
        }

        return !_wanted.Where((wanted, i) => found[i] == wanted.IsNegated).Any();
    }

    /// <summary>What was found stays found: a word that must not be there ends it, and all that must be there, where nothing must not.</summary>
    private bool IsSettled(bool[] found, out bool answer)
    {
        answer = !_wanted.Where((wanted, i) => wanted.IsNegated && found[i]).Any();
        return !answer || (!_wanted.Any(static wanted => wanted.IsNegated) && found.All(static one => one));
    }

    /// <summary>Whether something was found for the first time.</summary>
    private bool Look(FieldText text, Span<bool> found)
    {
        string? folded = null, spaced = null;
        bool isNew = false;
        for (int i = 0; i < _wanted.Length; i++)
        {
            if (found[i] || (_wanted[i].Fields & text.Field) == 0)
            {
                continue;
            }

            folded ??= SearchText.Fold(text.Text);
            spaced ??= _wanted[i].HasSpaces ? SearchText.FoldSpaces(folded) : null;
            isNew |= found[i] = (_wanted[i].HasSpaces ? spaced! : folded).Contains(_wanted[i].Needle, StringComparison.Ordinal);
        }

        return isNew;
    }

    private sealed class Wanted(TextFields fields, string folded, bool isNegated)
    {
        public TextFields Fields => fields;

        public bool IsNegated => isNegated;

        /// <summary>A phrase: the spaces in it match any white space.</summary>
        public bool HasSpaces { get; } = folded.Any(char.IsWhiteSpace);

        public string Needle { get; } = SearchText.FoldSpaces(folded);
    }
}
