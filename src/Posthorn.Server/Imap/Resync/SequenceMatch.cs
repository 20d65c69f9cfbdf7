using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;

namespace Posthorn.Server.Imap.Resync;

/// <summary>Message sequence match data: some sequence numbers of which the client knows the UIDs.</summary>
/// <remarks>RFC 7162 §3.2.5.2. Both ascend, so where one pair still holds, nothing below it went without the client knowing.</remarks>
internal sealed class SequenceMatch
{
    private readonly IReadOnlyList<UidRange> _numbers;
    private readonly IReadOnlyList<UidRange> _uids;

    private SequenceMatch(IReadOnlyList<UidRange> numbers, IReadOnlyList<UidRange> uids) => (_numbers, _uids) = (numbers, uids);

    // seq-match-data = "(" known-sequence-set SP known-uid-set ")"; both in ascending order, without "*"     RFC 7162 §7
    public static SequenceMatch Read(ref ImapReader reader)
    {
        reader.Expect((byte)'(');
        List<UidRange> numbers = reader.NumberRanges();
        reader.Space();
        List<UidRange> uids = reader.NumberRanges();
        reader.Expect((byte)')');
        return Ascends(numbers) && Ascends(uids) && numbers.Sum(range => range.Count) == uids.Sum(range => range.Count)
            ? new SequenceMatch(numbers, uids)
            : throw new ImapSyntaxException("Sequence numbers and UIDs ascend, and are equally many.");
    }

    /// <summary>The highest UID up to which the client knows what went; 0: none.</summary>
    public uint Agreed(MailboxSnapshot view)
    {
        uint agreed = 0;
        int range = 0, uidRange = 0;
        long number = _numbers[0].First, uid = _uids[0].First;
        while (number <= view.Count && view[(int)number - 1].Uid == uid)
        {
            agreed = (uint)uid;
            if (!Next(_numbers, ref range, ref number) || !Next(_uids, ref uidRange, ref uid))
            {
                break;
            }
        }

        return agreed;
    }

    private static bool Next(IReadOnlyList<UidRange> ranges, ref int range, ref long number)
    {
        if (++number <= ranges[range].Last)
        {
            return true;
        }

        if (++range == ranges.Count)
        {
            return false;
        }

        number = ranges[range].First;
        return true;
    }

    private static bool Ascends(List<UidRange> ranges)
    {
        for (int i = 1; i < ranges.Count; i++)
        {
            if (ranges[i].First <= ranges[i - 1].Last)
            {
                return false;
            }
        }

        return true;
    }
}
