namespace Posthorn.Core.Search.Index;

/// <param name="Octets">Of its file.</param>
internal sealed record SegmentInfo(Guid Id, int Messages, long Octets);

/// <summary>How far the index of an account has come.</summary>
/// <param name="Generation">One more with each change, from 1 where an index begins; 0: there is none.</param>
/// <param name="Version">See <see cref="SegmentFormat.Version"/>.</param>
/// <param name="Epoch">Of the store that was indexed: a restored one has another, and its ids may mean other messages.</param>
/// <param name="Reached">Every message of the account up to this id is in it. Ids ascend with the commits of an account, so none comes below it later.</param>
/// <param name="Segments">In the order of their messages.</param>
internal sealed record IndexState(long Generation, int Version, string Epoch, EmailId Reached, IReadOnlyList<SegmentInfo> Segments)
{
    public static readonly IndexState None = new(0, SegmentFormat.Version, "", default, []);

    /// <summary>Whether it is the same state. The generation does not tell by itself: it begins anew after a drop; no segment is ever made twice.</summary>
    public bool IsSame(IndexState other) =>
        Generation == other.Generation && Segments.Select(static segment => segment.Id).SequenceEqual(other.Segments.Select(static segment => segment.Id));

    public long Messages => Segments.Sum(static segment => (long)segment.Messages);

    public long Octets => Segments.Sum(static segment => segment.Octets);
}

/// <summary>Keeps the segments of accounts. Nothing in it is lost that cannot be made again from the mail.</summary>
internal interface IIndexStore
{
    /// <summary><see cref="IndexState.None"/>: the account has no index.</summary>
    ValueTask<IndexState> ReadAsync(AccountId account, CancellationToken cancel);

    /// <summary>Takes <paramref name="after"/> for <paramref name="before"/>. False: another one was quicker, and nothing is changed.</summary>
    /// <param name="added">The file of the one segment that is new.</param>
    ValueTask<bool> CommitAsync(AccountId account, IndexState before, IndexState after, (SegmentInfo Segment, byte[] File)? added, CancellationToken cancel);

    /// <summary>Where the file of a segment is on this node. It may be removed by a later commit; who has it open can read on.</summary>
    /// <exception cref="FileNotFoundException">The segment is no more.</exception>
    ValueTask<string> FileAsync(AccountId account, SegmentInfo segment, CancellationToken cancel);

    /// <summary>The files of this node are copies of what is elsewhere; else they are the index itself.</summary>
    bool HoldsCopies { get; }

    /// <summary>Lets go of copies, so that they are fetched again.</summary>
    void ForgetCopies(AccountId account);

    ValueTask DropAsync(AccountId account, CancellationToken cancel);

    /// <summary>Those that have an index, or files of one.</summary>
    ValueTask<IReadOnlyList<AccountId>> AccountsAsync(CancellationToken cancel);
}
