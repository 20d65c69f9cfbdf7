using System.Text;
using Posthorn.Core.Messages;
using Posthorn.Core.Search;
using Posthorn.Standards.Mime;

namespace Posthorn.Server.Imap.Sorting;

/// <summary>A message as SORT compares it: one value for each criterion, computed once.</summary>
/// <remarks>
/// RFC 5256 §3. Strings are compared by the octets of their folded form, as i;unicode-casemap does (RFC 5256 §7); a field that is not there is the empty string.
/// </remarks>
internal sealed class SortKey : IComparable<SortKey>
{
    private readonly IReadOnlyList<SortCriterion> _criteria;
    private readonly Value[] _values;

    /// <param name="score">Of the message, where relevancy is a criterion.</param>
    public SortKey(IReadOnlyList<SortCriterion> criteria, int position, Message row, int score)
    {
        (_criteria, Position) = (criteria, position);
        _values = new Value[criteria.Count];
        SortEnvelope? envelope = null;
        for (int i = 0; i < criteria.Count; i++)
        {
            envelope ??= criteria[i].NeedsEnvelope ? SortEnvelope.Read(row.Envelope) : null;
            _values[i] = criteria[i].Field == SortField.Relevancy ? new Value(-score) : Of(criteria[i].Field, row, envelope);
        }
    }

    /// <summary>In the view: what decides last (RFC 5256 §3).</summary>
    public int Position { get; }

    public int CompareTo(SortKey? other) => CompareValues(other!) is not 0 and int order ? order : Position.CompareTo(other!.Position);

    /// <summary>By the criteria alone.</summary>
    public int CompareValues(SortKey other)
    {
        for (int i = 0; i < _values.Length; i++)
        {
            int order = _values[i].CompareTo(other._values[i]);
            if (order != 0)
            {
                return _criteria[i].IsReverse ? -order : order;
            }
        }

        return 0;
    }

    /// <summary>Octets in the order of the collation.</summary>
    public static byte[] Collate(string text) => text.Length == 0 ? [] : Encoding.UTF8.GetBytes(SearchText.Fold(text));

    /// <summary>RFC 5256 §2.2: the internal date stands in for a Date that is not there.</summary>
    public static long SentTicks(Message row, SortEnvelope envelope) => (envelope.Sent ?? row.InternalDate).UtcTicks;

    private static Value Of(SortField field, Message row, SortEnvelope? envelope) => field switch
    {
        SortField.Arrival => new Value(row.InternalDate.UtcTicks),
        SortField.Size => new Value(row.SizeBytes),
        SortField.Date => new Value(SentTicks(row, envelope!)),
        SortField.Cc => new Value(envelope!.Cc.Mailbox),
        SortField.From => new Value(envelope!.From.Mailbox),
        SortField.To => new Value(envelope!.To.Mailbox),
        SortField.DisplayFrom => new Value(envelope!.From.Display),
        SortField.DisplayTo => new Value(envelope!.To.Display),
        _ => new Value(BaseSubject.Of(envelope!.Subject, out _)),
    };

    private readonly struct Value(long number, byte[]? text)
    {
        private readonly long _number = number;
        private readonly byte[]? _text = text;

        public Value(long number)
            : this(number, null)
        {
        }

        public Value(string? text)
            : this(0, text is null ? [] : Collate(text))
        {
        }

        public int CompareTo(in Value other) => _text is null ? _number.CompareTo(other._number) : _text.AsSpan().SequenceCompareTo(other._text);
    }
}
