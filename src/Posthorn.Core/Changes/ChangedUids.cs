using Posthorn.Core.Messages;

namespace Posthorn.Core.Changes;

/// <summary>UIDs of one mailbox that changed since a modseq.</summary>
/// <param name="Touched">Added or changed; some of them may be gone again.</param>
/// <param name="Removed">Gone; the client need not have known all of them.</param>
public sealed record ChangedUids(UidSet Touched, UidSet Removed)
{
    /// <summary>Takes entries of the log as they are read, so that a hundred thousand of them are held as ranges and not as entries.</summary>
    internal sealed class Collector
    {
        private readonly Ranges _touched = new();
        private readonly Ranges _removed = new();

        public void Add(ChangeKind change, ReadOnlySpan<char> ids) => (change == ChangeKind.Removed ? _removed : _touched).Add(ids);

        public ChangedUids Build() => new(_touched.Build(), _removed.Build());
    }

    private sealed class Ranges
    {
        /// <summary>Ranges that are held before they are joined: 512 KiB.</summary>
        private const int JoinAt = 64 * 1024;

        private List<UidRange> _ranges = [];
        private int _joinAt = JoinAt;

        public void Add(ReadOnlySpan<char> ids)
        {
            UidSet.Read(ids, _ranges);
            if (_ranges.Count >= _joinAt)
            {
                // What is left after joining cannot be told in fewer: twice that is held at the most.
                _ranges = [.. Build().Ranges];
                _joinAt = Math.Max(JoinAt, 2 * _ranges.Count);
            }
        }

        public UidSet Build() => UidSet.From(_ranges);
    }
}
