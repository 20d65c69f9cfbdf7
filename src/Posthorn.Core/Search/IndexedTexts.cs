using Posthorn.Core.Search.Index;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Search;

/// <summary>What the index says of the messages of a mailbox.</summary>
public sealed class IndexedTexts
{
    private readonly FiledMessage[] _filed;
    private readonly IndexAnswers _answers;

    /// <param name="filed">In the order of their UIDs.</param>
    internal IndexedTexts(IReadOnlyList<FiledMessage> filed, IndexAnswers answers) => (_filed, _answers) = ([.. filed], answers);

    /// <summary>UIDs that the index knows, ascending, each with its number for <see cref="Answer"/>.</summary>
    public IEnumerable<(uint Uid, int Message)> Messages
    {
        get
        {
            foreach (FiledMessage message in _filed)
            {
                if (_answers.IndexOf(message.Email) is >= 0 and int number)
                {
                    yield return (message.Uid, number);
                }
            }
        }
    }

    /// <summary>Whether the text of a query is in the message; null: the message has to be looked at.</summary>
    public bool? Answer(int query, int message) => query >= _answers.Queries
        ? null
        : _answers.Of(query, message) switch
        {
            IndexAnswer.Yes => true,
            IndexAnswer.No => false,
            _ => null,
        };
}
