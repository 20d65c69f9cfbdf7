using System.Globalization;
using System.Text.RegularExpressions;
using Posthorn.Core.Messages;

namespace Posthorn.ProtocolTests.Imap.InStep;

/// <summary>A mailbox as a client knows it from what it was told, and nothing else. Each response is held against what it may say.</summary>
/// <remarks>
/// RFC 9051 §7.5: a sequence number means the same until an EXPUNGE, and none comes while FETCH, STORE or SEARCH runs. RFC 7162 §3.2.10: VANISHED names what
/// the client was told of, VANISHED (EARLIER) only what it knew before. RFC 7162 §6: what the client may resume from.
/// </remarks>
internal sealed partial class MailboxModel
{
    /// <summary>A message that EXISTS counts and whose UID was not told yet.</summary>
    private const uint Unknown = 0;

    private List<uint> _view = [];
    private readonly SortedDictionary<uint, string> _flags = [];
    private readonly HashSet<uint> _toldFlags = [];
    private HashSet<uint>? _resumed;
    private HashSet<uint> _asked = [];
    private bool _isAll;
    private bool _isCounted;
    private bool _isPlaced;
    private long _since;
    private long _candidate;
    private long? _code;
    private long _highest;

    public int Count => _view.Count;

    /// <summary>UIDs that were told.</summary>
    public IReadOnlyList<uint> Uids => [.. _view.Where(uid => uid != Unknown)];

    public IReadOnlyDictionary<uint, string> Flags => _flags;

    public long UidValidity { get; private set; }

    /// <summary>The modseq up to which the client knows everything.</summary>
    public long HighestModSeq { get; private set; }

    /// <summary>SELECT begins.</summary>
    /// <param name="resumes">What is known is kept and brought up by QRESYNC.</param>
    /// <param name="all">The client did not name the UIDs it knows, so new messages are told too.</param>
    /// <param name="asked">The UIDs that it knew when it asked.</param>
    /// <param name="since">The modseq from which it resumes.</param>
    public void Select(bool resumes, bool all, IEnumerable<uint> asked, long since)
    {
        (_resumed, _asked, _isAll, _since) = (resumes ? [.. Uids] : [], [.. asked], all && resumes, since);
        (_isCounted, _isPlaced) = (false, false);
        if (!resumes)
        {
            _flags.Clear();
        }

        _view = [];
    }

    /// <summary>A command begins that may say nothing of flags it changes.</summary>
    public void Listen() => _toldFlags.Clear();

    /// <summary>It did: what was not told came out as the client asked (RFC 9051 §6.4.6).</summary>
    public void Apply(IEnumerable<uint> uids, string flag, bool sets)
    {
        foreach (uint uid in uids.Where(uid => !_toldFlags.Contains(uid) && _flags.ContainsKey(uid)))
        {
            string[] others = [.. _flags[uid].Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(other => other != flag)];
            _flags[uid] = string.Join(' ', (sets ? others.Append(flag) : others).Order(StringComparer.Ordinal));
        }
    }

    /// <summary>UIDs by sequence number, those that were told.</summary>
    public IReadOnlyList<uint> Range(int first, int last) => [.. _view.Skip(first - 1).Take(last - first + 1).Where(uid => uid != Unknown)];

    /// <summary>A tagged response: the modseq may move (RFC 7162 §6).</summary>
    public void Tagged(string line)
    {
        Merge();
        Code(line);
        _candidate = _code ?? Math.Max(_candidate, _highest);
        (_code, _highest) = (null, 0);

        // A message of which only EXISTS told is one that the client does not know: from before it, it would be told.
        HighestModSeq = _view.Contains(Unknown) ? HighestModSeq : _candidate;
    }

    /// <param name="line">Without "* ".</param>
    /// <param name="holds">FETCH, STORE or SEARCH runs.</param>
    /// <param name="tellsUids">The client enabled QRESYNC or UIDONLY.</param>
    /// <param name="mayBeEarlier">SELECT (QRESYNC) or UID FETCH (VANISHED) runs.</param>
    public void Untagged(string line, bool holds, bool tellsUids, bool mayBeEarlier)
    {
        Code(line);
        string[] words = line.Split(' ', 3);
        if (words.Length > 1 && words[1] == "EXISTS")
        {
            Exists(int.Parse(words[0], CultureInfo.InvariantCulture));
        }
        else if (words.Length > 1 && words[1] == "EXPUNGE")
        {
            Assert.False(holds, "EXPUNGE while the command forbids it");
            Assert.False(tellsUids, "EXPUNGE to a client that wants VANISHED");
            Merge();
            _flags.Remove(_view[int.Parse(words[0], CultureInfo.InvariantCulture) - 1]);
            _view.RemoveAt(int.Parse(words[0], CultureInfo.InvariantCulture) - 1);
        }
        else if (line.StartsWith("VANISHED (EARLIER) ", StringComparison.Ordinal))
        {
            Assert.True(mayBeEarlier, "VANISHED (EARLIER) that nobody asked for");
            Earlier(UidSet.Parse(line.AsSpan("VANISHED (EARLIER) ".Length)));
        }
        else if (words[0] == "VANISHED")
        {
            Assert.False(holds, "VANISHED while the command forbids it");
            Assert.True(tellsUids, "VANISHED to a client that does not know it");
            Merge();
            foreach (uint uid in UidSet.Parse(words[1]).Enumerate())
            {
                Vanish(uid);
            }
        }
        else if (words.Length > 1 && words[1] is "FETCH" or "UIDFETCH")
        {
            Fetch(uint.Parse(words[0], CultureInfo.InvariantCulture), words[1] == "UIDFETCH", words[2]);
        }
    }

    private void Exists(int count)
    {
        if (_resumed is not null && _isCounted)
        {
            // The second one of a SELECT: what was there is told.
            Merge();
        }

        _isCounted = true;
        Assert.True(count >= _view.Count, "EXISTS took messages away");
        _view.AddRange(Enumerable.Repeat(Unknown, count - _view.Count));
    }

    private void Earlier(UidSet vanished)
    {
        Assert.NotNull(_resumed);
        foreach (uint uid in vanished.Enumerate())
        {
            Assert.True(_asked.Contains(uid) || _isAll, $"UID {uid} vanished, which the client did not say it knows");
            _resumed.Remove(uid);
            _flags.Remove(uid);
        }
    }

    private void Vanish(uint uid)
    {
        int at = _view.IndexOf(uid);
        if (at < 0)
        {
            // One that EXISTS told of and whose UID was never told: it stands between those whose UIDs are.
            at = Hole(uid);
            Assert.True(at >= 0 && _view[at] == Unknown, $"UID {uid} vanished, which the client was never told of");
        }

        _view.RemoveAt(at);
        _flags.Remove(uid);
    }

    private void Fetch(uint number, bool byUid, string items)
    {
        Match flags = FlagsItem().Match(items), uidItem = UidItem().Match(items), modSeq = ModSeqItem().Match(items);
        Assert.True(byUid || uidItem.Success, "a FETCH without its UID");
        uint uid = byUid ? number : uint.Parse(uidItem.Groups[1].Value, CultureInfo.InvariantCulture);
        if (byUid)
        {
            Place(uid);
        }
        else
        {
            Assert.InRange((int)number, 1, _view.Count);
            Assert.True(_view[(int)number - 1] is var known && (known == uid || known == Unknown), $"{number} was UID {_view[(int)number - 1]} and is UID {uid}");
            _view[(int)number - 1] = uid;
        }

        if (modSeq.Success)
        {
            long value = long.Parse(modSeq.Groups[1].Value, CultureInfo.InvariantCulture);
            _highest = Math.Max(_highest, value);
            Assert.True(_resumed is null || _since == 0 || value > _since, $"UID {uid} is told again: its modseq {value} is not above {_since}");
        }

        if (flags.Success)
        {
            _toldFlags.Add(uid);
            _flags[uid] = string.Join(' ', flags.Groups[1].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
        }
    }

    // By UID alone: the first message of which no UID was told, after those that are lower.
    private void Place(uint uid)
    {
        if (_view.Contains(uid))
        {
            return;
        }

        _isPlaced = true;
        // The rest of the view is put together when SELECT is done.
        int hole = _resumed is not null ? _view.IndexOf(Unknown) : Hole(uid);
        Assert.True(hole >= 0 && _view[hole] == Unknown, $"UID {uid} has no place");
        if (_resumed is not null)
        {
            _view[hole] = uid;
            return;
        }

        // A higher one may have been told of first, and have taken the place in front of this one's.
        _view.RemoveAt(hole);
        _view.Insert(_view.FindLastIndex(known => known != Unknown && known < uid) + 1, uid);
    }

    // Where a message stands of which no UID was told: right after those that are lower; for who was told by UIDs alone, behind those that were told meanwhile. Negative: there is none.
    private int Hole(uint uid)
    {
        int at = _view.FindLastIndex(known => known != Unknown && known < uid) + 1;
        return _isPlaced || at == _view.Count ? _view.IndexOf(Unknown, at) : at;
    }

    /// <summary>After SELECT: what was kept and what was told make the view.</summary>
    private void Merge()
    {
        if (_resumed is not { } resumed)
        {
            return;
        }

        _resumed = null;
        if (resumed.Count == 0 && !_isAll)
        {
            return;
        }

        // What the client knew comes first: what is new has higher UIDs.
        uint top = resumed.Count == 0 ? 0 : resumed.Max();
        uint[] told = [.. _view];
        uint[] old = [.. resumed.Union(told.Where(uid => uid != Unknown && uid <= top)).Order()];
        Assert.True(old.Length <= told.Length, $"{old.Length} messages are known, {told.Length} are there");
        uint[] later = _isPlaced ? [.. told.Where(uid => uid > top).Order()] : told[old.Length..];
        _view = [.. old, .. later, .. Enumerable.Repeat(Unknown, told.Length - old.Length - later.Length)];
        Assert.True(!_isAll || !_view.Contains(Unknown), $"{told.Length} messages are there, not all were told");
        for (int i = 0; i < told.Length && !_isPlaced; i++)
        {
            Assert.True(told[i] == Unknown || told[i] == _view[i], $"{i + 1} was told to be UID {told[i]} and is UID {_view[i]}");
        }
    }

    private void Code(string line)
    {
        if (ModSeqCode().Match(line) is { Success: true } modSeq)
        {
            _code = long.Parse(modSeq.Groups[1].Value, CultureInfo.InvariantCulture);
        }

        if (UidValidityCode().Match(line) is { Success: true } validity)
        {
            UidValidity = long.Parse(validity.Groups[1].Value, CultureInfo.InvariantCulture);
        }
    }

    [GeneratedRegex(@"\bFLAGS \(([^)]*)\)")]
    private static partial Regex FlagsItem();

    [GeneratedRegex(@"\bUID (\d+)")]
    private static partial Regex UidItem();

    [GeneratedRegex(@"\bMODSEQ \((\d+)\)")]
    private static partial Regex ModSeqItem();

    [GeneratedRegex(@"\[HIGHESTMODSEQ (\d+)\]")]
    private static partial Regex ModSeqCode();

    [GeneratedRegex(@"\[UIDVALIDITY (\d+)\]")]
    private static partial Regex UidValidityCode();
}
