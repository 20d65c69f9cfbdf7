using Npgsql;

namespace Posthorn.Core.Storage.Postgres;

/// <summary>
/// Answers to questions that a closure announced before it asks them: they come with whatever round trip is next. What the transaction writes makes
/// some of them old: those are forgotten, and asked anew.
/// </summary>
internal sealed class ExpectedAnswers<TKey, TAnswer>(PostgresTransaction transaction)
    where TKey : notnull
{
    private readonly Dictionary<TKey, Expected> _expected = [];

    /// <summary>Unless it is asked already, for one of the writes that share the transaction.</summary>
    /// <param name="add">Makes the answer of a row and of what the rows before it made.</param>
    public void Ask(TKey key, PostgresStatement statement, Func<TAnswer?, NpgsqlDataReader, TAnswer> add)
    {
        if (_expected.ContainsKey(key))
        {
            return;
        }

        var expected = new Expected { AskedAfter = transaction.RoundTrips };
        statement.Post(row => expected.Answer = add(expected.Answer, row));
        _expected[key] = expected;
    }

    /// <summary>The answer, once. Not known: it was not announced, or is old. Without a row it is the type's default.</summary>
    public async ValueTask<(bool IsKnown, TAnswer? Answer)> TakeAsync(TKey key)
    {
        if (!_expected.Remove(key, out Expected? expected))
        {
            return (false, default);
        }

        if (expected.AskedAfter == transaction.RoundTrips)
        {
            await transaction.FlushAsync();
        }

        return (true, expected.Answer);
    }

    public void Forget(Predicate<TKey> isOld)
    {
        // Taking away while going through is allowed for this dictionary.
        foreach (TKey key in _expected.Keys)
        {
            if (isOld(key))
            {
                _expected.Remove(key);
            }
        }
    }

    private sealed class Expected
    {
        public int AskedAfter { get; init; }

        public TAnswer? Answer { get; set; }
    }
}
