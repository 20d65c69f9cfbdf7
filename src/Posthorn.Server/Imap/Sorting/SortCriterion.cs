using Posthorn.Core.Messages;

namespace Posthorn.Server.Imap.Sorting;

/// <summary>sort-key, in the words of RFC 5256 §5 and RFC 5957 §5.</summary>
internal enum SortField
{
    Arrival,
    Cc,
    Date,
    From,
    Size,
    Subject,
    To,
    DisplayFrom,
    DisplayTo,

    /// <summary>RFC 6203 §6: the highest first.</summary>
    Relevancy,
}

/// <param name="IsReverse">Of this criterion alone: the order of the mailbox, which decides last, stays.</param>
internal readonly record struct SortCriterion(SortField Field, bool IsReverse)
{
    /// <summary>Criteria of one SORT; nobody needs each field twice.</summary>
    private const int Most = 16;

    /// <summary>Whether the numbers of the row are enough.</summary>
    public bool NeedsEnvelope => Field is not (SortField.Arrival or SortField.Size or SortField.Relevancy);

    /// <summary>What has to be read of a message for its keys.</summary>
    public static MessageFields Fields(IEnumerable<SortCriterion> criteria) =>
        criteria.Any(criterion => criterion.NeedsEnvelope) ? MessageFields.Envelope : MessageFields.None;

    // sort-criteria = "(" sort-criterion *(SP sort-criterion) ")"     RFC 5256 §5
    public static IReadOnlyList<SortCriterion> ReadAll(ref ImapReader reader)
    {
        var criteria = new List<SortCriterion>();
        reader.Expect((byte)'(');
        do
        {
            // sort-criterion = ["REVERSE" SP] sort-key
            bool isReverse = reader.TryKeyword("REVERSE"u8);
            if (isReverse)
            {
                reader.Space();
            }

            criteria.Add(new SortCriterion(ReadField(ref reader), isReverse));
        }
        while (reader.TrySpace() && criteria.Count < Most);
        reader.Expect((byte)')');
        return criteria;
    }

    private static SortField ReadField(ref ImapReader reader) =>
        reader.TryKeyword("ARRIVAL"u8) ? SortField.Arrival
        : reader.TryKeyword("CC"u8) ? SortField.Cc
        : reader.TryKeyword("DATE"u8) ? SortField.Date
        : reader.TryKeyword("FROM"u8) ? SortField.From
        : reader.TryKeyword("SIZE"u8) ? SortField.Size
        : reader.TryKeyword("SUBJECT"u8) ? SortField.Subject
        : reader.TryKeyword("TO"u8) ? SortField.To
        : reader.TryKeyword("DISPLAYFROM"u8) ? SortField.DisplayFrom
        : reader.TryKeyword("DISPLAYTO"u8) ? SortField.DisplayTo
        : reader.TryKeyword("RELEVANCY"u8) ? SortField.Relevancy
        : throw new ImapSyntaxException("That is no sort criterion.");
}
