using Microsoft.Extensions.Logging;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Search.Index;

/// <summary>The index of every account, to ask and to bring up to date.</summary>
internal sealed partial class SearchIndex(IIndexStore files, IStore store, ILogger<SearchIndex> log)
{
    /// <summary>Segments can be merged away between reading their names and opening them; then the names are read again.</summary>
    private const int Attempts = 3;

    private string? _epoch;

    public IIndexStore Files => files;

    /// <summary>Raised when an index turned out to be damaged and was dropped: it has to be made anew.</summary>
    public event Action<AccountId>? Dropped;

    /// <summary>The index as far as it is one of this store.</summary>
    public async ValueTask<IndexState> StateAsync(AccountId account, CancellationToken cancel)
    {
        IndexState state = await files.ReadAsync(account, cancel);
        return state.Version == SegmentFormat.Version && state.Epoch == await EpochAsync(cancel) ? state : IndexState.None;
    }

    public async ValueTask<string> EpochAsync(CancellationToken cancel) =>
        _epoch ??= await store.ReadAsync(AccountId.Store, static session => session.Directory.SettingAsync("epoch"), cancel) ?? "";

    /// <summary>Null: the account has no index, or none that can be read now.</summary>
    /// <param name="queries">None: only the messages are told.</param>
    public async ValueTask<IndexAnswers?> AskAsync(AccountId account, IReadOnlyList<TextQuery> queries, CancellationToken cancel)
    {
        NeedleTerms[] terms = [.. queries.Select(static query => NeedleTerms.Of(query.Folded))];
        bool isCopyDamaged = false;
        for (int attempt = 1; ; attempt++)
        {
            IndexState state = IndexState.None;
            try
            {
                if (isCopyDamaged)
                {
                    files.ForgetCopies(account);
                }

                state = await StateAsync(account, cancel);
                return state.Generation == 0 ? null : await AskAsync(account, state, queries, terms, cancel);
            }
            catch (IOException gone) when (attempt < Attempts && gone is FileNotFoundException or DirectoryNotFoundException)
            {
                LogMerged(account, attempt);
            }
            catch (InvalidDataException) when (attempt < Attempts && files.HoldsCopies)
            {
                LogCopied(account);
                isCopyDamaged = true;
            }
            catch (Exception damage) when (damage is InvalidDataException or FileNotFoundException or DirectoryNotFoundException)
            {
                // Unless it is only that others change it faster than it is read here.
                if ((await StateAsync(account, cancel)).IsSame(state))
                {
                    await DropAsync(account, damage.Message, cancel);
                }

                return null;
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // A full disk, or no file handle left: nothing is wrong with the index, and other nodes read it as well as ever.
                LogUnreadable(account, failure.Message);
                return null;
            }
        }
    }

    /// <summary>What is wrong with the index of an account; null: nothing. Every file is read.</summary>
    public async ValueTask<string?> ProblemAsync(AccountId account, CancellationToken cancel)
    {
        IndexState state = await StateAsync(account, cancel);
        EmailId next = await store.ReadAsync(account, session => session.Messages.NextEmailAsync(account), cancel);
        if (state.Generation > 0 && state.Reached.Value >= next.Value)
        {
            return "knows messages that this store does not have";
        }

        try
        {
            foreach (SegmentInfo segment in state.Segments)
            {
                Segment.Verify(await File.ReadAllBytesAsync(await files.FileAsync(account, segment, cancel), cancel));
            }

            return null;
        }
        catch (InvalidDataException)
        {
            return "is damaged";
        }
        catch (Exception missing) when (missing is IOException or UnauthorizedAccessException)
        {
            // The server may have merged segments meanwhile; then the state is another one now.
            return (await StateAsync(account, cancel)).IsSame(state) ? $"cannot be read ({missing.Message})" : null;
        }
    }

    public async ValueTask DropAsync(AccountId account, string reason, CancellationToken cancel)
    {
        LogDropped(account, reason);
        await files.DropAsync(account, cancel);
        Dropped?.Invoke(account);
    }

    private async ValueTask<IndexAnswers> AskAsync(
        AccountId account, IndexState state, IReadOnlyList<TextQuery> queries, NeedleTerms[] terms, CancellationToken cancel)
    {
        var messages = new List<IndexedMessage>();
        var answers = new List<IndexAnswer>[queries.Count];
        for (int query = 0; query < queries.Count; query++)
        {
            answers[query] = [];
        }

        foreach (SegmentInfo info in state.Segments)
        {
            cancel.ThrowIfCancellationRequested();
            using Segment segment = Segment.Open(await files.FileAsync(account, info, cancel), info.Id);
            for (int query = 0; query < queries.Count; query++)
            {
                answers[query].AddRange(Ask(segment, queries[query], terms[query]));
            }

            messages.AddRange(segment.Messages);
        }

        return new IndexAnswers(state.Reached, [.. messages], [.. answers.Select(static one => one.ToArray())]);
    }

    private static IndexAnswer[] Ask(Segment segment, TextQuery query, NeedleTerms needle)
    {
        int count = segment.Messages.Length;
        var answers = new IndexAnswer[count];
        IndexAnswer found = needle.IsExact && !query.IsPart ? IndexAnswer.Yes : IndexAnswer.Maybe;
        if (needle.Sure is { } sure)
        {
            bool[] has = new bool[count], mayHave = new bool[count];
            segment.Find(sure, query.Fields, has);
            foreach (byte[] edge in needle.Edges)
            {
                segment.Find(edge, query.Fields, mayHave);
            }

            for (int i = 0; i < count; i++)
            {
                answers[i] = segment.Messages[i].IsUncertain ? IndexAnswer.Maybe
                    : has[i] ? (query.IsPart ? IndexAnswer.Maybe : IndexAnswer.Yes)
                    : mayHave[i] ? IndexAnswer.Maybe
                    : IndexAnswer.No;
            }

            return answers;
        }

        answers.AsSpan().Fill(found);
        foreach (byte[] pattern in needle.Patterns)
        {
            bool[] has = new bool[count];
            segment.Find(pattern, query.Fields, has);
            bool isAny = false;
            for (int i = 0; i < count; i++)
            {
                answers[i] = has[i] ? answers[i] : IndexAnswer.No;
                isAny |= answers[i] != IndexAnswer.No;
            }

            if (!isAny)
            {
                break;
            }
        }

        for (int i = 0; i < count; i++)
        {
            answers[i] = segment.Messages[i].IsUncertain ? IndexAnswer.Maybe : answers[i];
        }

        return answers;
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The search index of account {Account} changed while it was read (attempt {Attempt})")]
    private partial void LogMerged(AccountId account, int attempt);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A copy of the search index of account {Account} is damaged on this node and is fetched again")]
    private partial void LogCopied(AccountId account);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The search index of account {Account} cannot be read now, and the search reads the mail itself: {Reason}")]
    private partial void LogUnreadable(AccountId account, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The search index of account {Account} cannot be used and is made anew: {Reason}")]
    private partial void LogDropped(AccountId account, string reason);
}
