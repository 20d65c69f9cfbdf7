using System.Net;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Feedback;

/// <summary>An answer to "Was this page helpful?".</summary>
/// <param name="Article">Its name in the address.</param>
/// <param name="Comment">Plain text of whoever wrote it; empty: none.</param>
public sealed record HelpAnswer(string Article, bool IsHelpful, string Comment, DateTimeOffset At);

/// <summary>What readers say about the articles of the help centre. Nobody has to sign in for it, and nothing about the writer is kept.</summary>
public sealed class HelpAnswers
{
    /// <summary>Characters of a comment; what is beyond is cut off.</summary>
    public const int MaxComment = 1_000;

    /// <summary>Answers that are kept: the oldest go first.</summary>
    public const int MaxKept = 10_000;

    /// <summary>Answers of one network in an hour; further ones are refused.</summary>
    public const int MaxPerHour = 20;

    /// <summary>Networks that are counted at a time.</summary>
    private const int MaxNetworks = 10_000;

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly AccountId[] StoreRows = [AccountId.Store];

    private readonly IStore _store;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly RecentTable<IPNetwork, (DateTimeOffset Since, int Count)> _networks = new(MaxNetworks);

    internal HelpAnswers(IStore store, TimeProvider time) => (_store, _time) = (store, time);

    public async ValueTask<Result<Done>> AddAsync(string article, bool isHelpful, string comment, IPAddress? remote, CancellationToken cancel)
    {
        DateTimeOffset now = _time.GetUtcNow();
        if (!IsAllowed(remote, now))
        {
            return new Refusal.Limit(nameof(MaxPerHour), MaxPerHour);
        }

        string kept = string.Concat(comment.Trim().Where(static letter => !char.IsControl(letter) || letter == '\n').Take(MaxComment));
        var answer = new HelpAnswer(article, isHelpful, kept, now);
        return await _store.WriteAsync<Result<Done>>(
            StoreRows,
            async session =>
            {
                await session.Directory.InsertHelpAnswerAsync(answer, MaxKept);
                return Done.Value;
            },
            cancel);
    }

    /// <summary>The newest first.</summary>
    public async ValueTask<Result<IReadOnlyList<HelpAnswer>>> ListAsync(Actor actor, CancellationToken cancel)
    {
        if (Rights.Check(actor, AccountId.Store, Right.Administer) is { } refusal)
        {
            return refusal;
        }

        return new Result<IReadOnlyList<HelpAnswer>>(await _store.ReadAsync(AccountId.Store, session => session.Directory.HelpAnswersAsync(), cancel));
    }

    private bool IsAllowed(IPAddress? remote, DateTimeOffset now)
    {
        if (SignInSource.Of(remote).Networks is not [var network, ..])
        {
            return true;
        }

        lock (_lock)
        {
            (DateTimeOffset since, int count) = _networks.TryGet(network, out (DateTimeOffset Since, int Count) known) && now - known.Since < Hour ? known : (now, 0);
            _networks.Set(network, (since, count + 1));
            return count < MaxPerHour;
        }
    }
}
