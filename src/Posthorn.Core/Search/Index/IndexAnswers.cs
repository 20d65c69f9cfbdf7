namespace Posthorn.Core.Search.Index;

/// <summary>What the index says of texts, message by message.</summary>
/// <param name="messages">In the order of their ids.</param>
/// <param name="answers">For each query as many as there are messages.</param>
internal sealed class IndexAnswers(EmailId reached, IndexedMessage[] messages, IndexAnswer[][] answers)
{
    public EmailId Reached => reached;

    public IReadOnlyList<IndexedMessage> Messages => messages;

    /// <summary>How many texts were asked for.</summary>
    public int Queries => answers.Length;

    /// <summary>-1: the message is not in the index.</summary>
    public int IndexOf(EmailId email)
    {
        int low = 0, high = messages.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            long at = messages[middle].Email.Value;
            if (at == email.Value)
            {
                return middle;
            }

            (low, high) = at < email.Value ? (middle + 1, high) : (low, middle - 1);
        }

        return -1;
    }

    public IndexAnswer Of(int query, int message) => answers[query][message];
}

internal enum IndexAnswer : byte
{
    No,

    /// <summary>It may be there: the message has to be looked at.</summary>
    Maybe,
    Yes,
}
