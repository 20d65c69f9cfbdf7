using Posthorn.Core;
using Posthorn.Core.Messages;

namespace Posthorn.Server.Imap.Searching;

/// <summary>What has to be known of a message before a test can answer; each costs far more than the one before.</summary>
internal enum SearchCost
{
    /// <summary>UID, flags and modseq: in memory.</summary>
    Snapshot,

    /// <summary>Size and dates: a row of the store.</summary>
    Row,

    /// <summary>The row with its envelope.</summary>
    Envelope,

    /// <summary>The header's octets.</summary>
    Header,

    /// <summary>All octets, decoded.</summary>
    Text,
}

/// <summary>A search key bound to one mailbox: answers as far as the message is known, by the logic of three values.</summary>
internal abstract class SearchTest(SearchCost cost)
{
    public SearchCost Cost => cost;

    /// <summary>Null: more has to be known.</summary>
    public abstract bool? Test(SearchedMessage message);
}

internal sealed class ConstantTest(bool answer) : SearchTest(SearchCost.Snapshot)
{
    public override bool? Test(SearchedMessage message) => answer;
}

/// <param name="positions">Ascending, without overlap.</param>
internal sealed class PositionTest(IReadOnlyList<PositionRange> positions) : SearchTest(SearchCost.Snapshot)
{
    public override bool? Test(SearchedMessage message)
    {
        int low = 0, high = positions.Count - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            if (message.Position < positions[middle].First)
            {
                high = middle - 1;
            }
            else if (message.Position > positions[middle].Last)
            {
                low = middle + 1;
            }
            else
            {
                return true;
            }
        }

        return false;
    }
}

internal sealed class FlagTest(MessageFlags flag, bool isSet) : SearchTest(SearchCost.Snapshot)
{
    public override bool? Test(SearchedMessage message) => message.Entry.Flags.HasFlag(flag) == isSet;
}

internal sealed class ModifiedTest(ModSeq since) : SearchTest(SearchCost.Snapshot)
{
    public override bool? Test(SearchedMessage message) => message.Entry.ModSeq >= since;
}

internal sealed class RowTest(Func<Message, bool> test) : SearchTest(SearchCost.Row)
{
    public override bool? Test(SearchedMessage message) => message.Row is { } row ? test(row) : null;
}

/// <param name="query">What the index is asked; null: nothing.</param>
internal sealed class EnvelopeTest(Func<SearchedEnvelope, bool> test, int? query = null) : SearchTest(SearchCost.Envelope)
{
    public override bool? Test(SearchedMessage message) =>
        query is { } asked && message.Indexed(asked) is { } answer ? answer : message.Envelope is { } envelope ? test(envelope) : null;
}

/// <param name="folded">Empty: any field of that name will do.</param>
/// <param name="query">What the index is asked.</param>
internal sealed class HeaderTest(string name, string folded, int query) : SearchTest(SearchCost.Header)
{
    public override bool? Test(SearchedMessage message) => message.Indexed(query) ?? message.HasField(name, folded);
}

/// <param name="needle">Its place among <see cref="SearchPlan.Needles"/>.</param>
/// <param name="inHeader">TEXT; else BODY.</param>
/// <param name="query">What the index is asked.</param>
internal sealed class TextTest(int needle, bool inHeader, int query) : SearchTest(SearchCost.Text)
{
    public override bool? Test(SearchedMessage message)
    {
        if (message.Indexed(query) is { } indexed)
        {
            return indexed;
        }

        if (message.Text is not { } text)
        {
            return null;
        }

        bool? inBody = text.InBody(needle);
        return !inHeader || inBody == true ? inBody : text.InHeader(needle) switch { true => true, false => inBody, null => null };
    }
}

internal sealed class NotTest(SearchTest test) : SearchTest(test.Cost)
{
    public override bool? Test(SearchedMessage message) => !test.Test(message);
}

/// <param name="tests">Cheap ones first.</param>
/// <param name="decisive">The answer of one that settles it: false makes this AND, true makes it OR.</param>
internal sealed class JunctionTest(IReadOnlyList<SearchTest> tests, bool decisive) : SearchTest(tests.Max(test => test.Cost))
{
    public override bool? Test(SearchedMessage message)
    {
        bool? answer = !decisive;
        for (int i = 0; i < tests.Count; i++)
        {
            bool? one = tests[i].Test(message);
            if (one == decisive)
            {
                return decisive;
            }

            answer = one is null ? null : answer;
        }

        return answer;
    }
}
