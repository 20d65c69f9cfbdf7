using Posthorn.Core;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Core.Search;

namespace Posthorn.Server.Imap.Searching;

/// <summary>Weighs what a fuzzy search found, 1 to 100: words in the subject before words in an address, those before words in the text; whole words and the text as it was given count more.</summary>
/// <remarks>RFC 6203 §4. The scores spread over the whole range: the best of a result has 100, the least 1; where all are alike, all have 100.</remarks>
internal static class Relevance
{
    private const int Best = 100;
    private const int Least = 1;

    private const int InSubject = 10, InAddress = 6, Elsewhere = 2, WholeWord = 2, AsGiven = 5;

    /// <summary>By position in the view. Only rows are read.</summary>
    public static async ValueTask<IReadOnlyDictionary<int, int>> OfAsync(
        ImapSession session, MailboxSnapshot view, IReadOnlyList<int> positions, SearchKey key, CancellationToken cancel)
    {
        (string Folded, IReadOnlyList<string> Words)[] texts = [.. FuzzySearch.Texts(key).Select(static text => (SearchText.Fold(text), FuzzySearch.Words(text)))];
        var weights = new Dictionary<int, int>();
        foreach (int[] page in positions.Chunk(Messages.ReadAtMost))
        {
            Result<IReadOnlyList<Message>> read = await session.Services.Messages.ReadAsync(
                session.Actor!, view.Mailbox.Account, view.Mailbox.Id, UidSet.From(page.Select(position => view[position].Uid)), MessageFields.Envelope, cancel);
            if (!read.TryGet(out IReadOnlyList<Message>? rows, out _))
            {
                break;
            }

            foreach (Message row in rows)
            {
                weights[view.IndexOf(row.Uid)] = Weigh(SearchedEnvelope.Read(row.Envelope) ?? SearchedEnvelope.Empty, texts);
            }
        }

        return Spread(positions, weights);
    }

    private static int Weigh(SearchedEnvelope envelope, (string Folded, IReadOnlyList<string> Words)[] texts)
    {
        string subject = envelope[SearchField.Subject] ?? "";
        string addresses = $"{envelope[SearchField.From]} {envelope[SearchField.To]} {envelope[SearchField.Cc]}";
        int weight = 0;
        foreach ((string folded, IReadOnlyList<string> words) in texts)
        {
            foreach (string word in words)
            {
                string stem = FuzzySearch.Stem(word);
                weight += Holds(subject, stem) ? InSubject + (Holds(subject, word) ? WholeWord : 0)
                    : Holds(addresses, stem) ? InAddress + (Holds(addresses, word) ? WholeWord : 0)
                    : Elsewhere;
            }

            weight += folded.Length > 0 && Holds(subject, folded) ? AsGiven : 0;
        }

        return weight;
    }

    private static bool Holds(string text, string part) => text.Contains(part, StringComparison.Ordinal);

    private static Dictionary<int, int> Spread(IReadOnlyList<int> positions, Dictionary<int, int> weights)
    {
        int low = weights.Count == 0 ? 0 : weights.Values.Min(), high = weights.Count == 0 ? 0 : weights.Values.Max();
        return positions.ToDictionary(
            static position => position,
            position => !weights.TryGetValue(position, out int weight) ? Least : low == high ? Best : Least + ((weight - low) * (Best - Least) / (high - low)));
    }
}
