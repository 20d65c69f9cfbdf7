using System.Globalization;
using Posthorn.Core;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Core.Search;

namespace Posthorn.Server.Imap.Searching;

/// <summary>A search bound to a view: sets are resolved, keywords are bits, texts are folded, cheap tests come first.</summary>
internal sealed class SearchPlan
{
    private readonly MailboxSnapshot _view;
    private readonly UidSet _saved;
    private readonly List<string> _needles = [];
    private readonly List<TextQuery> _queries = [];
    private bool _hasBadNumber;
    private bool _clips;

    private readonly DateTimeOffset _now;

    // Before the number of an object id.
    private readonly string _accountOfIds;

    private SearchPlan(MailboxSnapshot view, AccountId viewer, UidSet saved, DateTimeOffset now) =>
        (_view, _accountOfIds, _saved, _now) = (view, ResponseCode.AccountOfIds(view.Mailbox.Account, viewer), saved, now);

    public SearchTest Root { get; private set; } = new ConstantTest(true);

    /// <summary>Folded texts to look for in all octets, each once.</summary>
    public IReadOnlyList<string> Needles => _needles;

    /// <summary>What the index is asked, each once.</summary>
    public IReadOnlyList<TextQuery> Queries => _queries;

    /// <summary>For ESEARCH: sequence numbers beyond the last message name nothing, and are no error (RFC 7377 §2).</summary>
    public static SearchPlan MakeWithin(SearchKey key, MailboxSnapshot view, AccountId viewer, UidSet saved, DateTimeOffset now)
    {
        var plan = new SearchPlan(view, viewer, saved, now) { _clips = true };
        plan.Root = plan.Bind(FuzzySearch.Loosen(key));
        return plan;
    }

    /// <summary>Null: a sequence number is higher than the last message's.</summary>
    public static SearchPlan? Make(SearchKey key, MailboxSnapshot view, AccountId viewer, UidSet saved, DateTimeOffset now)
    {
        var plan = new SearchPlan(view, viewer, saved, now);
        plan.Root = plan.Bind(FuzzySearch.Loosen(key));
        return plan._hasBadNumber ? null : plan;
    }

    private SearchTest Bind(SearchKey key) => key switch
    {
        SearchKey.All => new ConstantTest(true),
        SearchKey.Recent => new ConstantTest(false),
        SearchKey.Messages messages => BindSet(messages.Set),
        SearchKey.Flag flag => new FlagTest(flag.Bit, flag.IsSet),
        SearchKey.Keyword keyword => BindKeyword(keyword),
        SearchKey.Modified modified => new ModifiedTest(modified.Since),
        SearchKey.Larger larger => new RowTest(row => row.SizeBytes > larger.Octets),
        SearchKey.Smaller smaller => new RowTest(row => row.SizeBytes < smaller.Octets),
        SearchKey.InternalDate date => new RowTest(row => Compare(DateOnly.FromDateTime(row.InternalDate.DateTime), date.Order, date.Day)),
        SearchKey.SaveDate date => new RowTest(row => Compare(DateOnly.FromDateTime(row.SaveDate.UtcDateTime), date.Order, date.Day)),
        SearchKey.EmailId email => BindId('M', email.Id, static row => row.Email.Value),
        SearchKey.ThreadId thread => BindId('T', thread.Id, static row => row.Thread.Value),
        SearchKey.Within within => BindWithin(within),
        SearchKey.SentDate date => new EnvelopeTest(envelope => envelope.Sent is { } sent && Compare(sent, date.Order, date.Day)),
        SearchKey.Envelope envelope => BindEnvelope(envelope),
        SearchKey.Header header => BindHeader(header.Name, SearchText.Fold(header.Text)),
        SearchKey.Body body => BindText(body.Text, inHeader: false),
        SearchKey.AnyText text => BindText(text.Text, inHeader: true),
        SearchKey.Not not => new NotTest(Bind(not.Key)),
        SearchKey.Or or => Join([or.Left, or.Right], decisive: true),
        SearchKey.And and => Join(and.Keys, decisive: false),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private JunctionTest Join(IReadOnlyList<SearchKey> keys, bool decisive) => new([.. keys.Select(Bind).OrderBy(test => test.Cost)], decisive);

    private PositionTest BindSet(SequenceSet set)
    {
        if (_clips)
        {
            return new PositionTest(set.ResolveWithin(_view, _saved));
        }

        _hasBadNumber |= !set.TryResolve(_view, _saved, out IReadOnlyList<PositionRange> positions);
        return new PositionTest(positions);
    }

    private SearchTest BindKeyword(SearchKey.Keyword keyword)
    {
        IReadOnlyList<string> names = _view.Mailbox.Keywords;
        for (int i = 0; i < names.Count; i++)
        {
            if (names[i].Equals(keyword.Name, StringComparison.OrdinalIgnoreCase))
            {
                return new FlagTest(KeywordBits.Of(i), keyword.IsSet);
            }
        }

        return new ConstantTest(!keyword.IsSet);
    }

    // RFC 5032 §2: to the second.
    private RowTest BindWithin(SearchKey.Within within)
    {
        long edge = _now.ToUnixTimeSeconds() - within.Seconds;
        return within.IsOlder ? new RowTest(row => row.InternalDate.ToUnixTimeSeconds() <= edge) : new RowTest(row => row.InternalDate.ToUnixTimeSeconds() >= edge);
    }

    /// <summary>As FETCH writes it: a letter for the kind, of another's message the account, then the number.</summary>
    private SearchTest BindId(char kind, string id, Func<Message, long> number)
    {
        string start = kind + _accountOfIds;
        return id.StartsWith(start, StringComparison.Ordinal) && long.TryParse(id.AsSpan(start.Length), NumberStyles.None, CultureInfo.InvariantCulture, out long wanted)
            && (id.Length == start.Length + 1 || id[start.Length] != '0')
            ? new RowTest(row => number(row) == wanted)
            : new ConstantTest(false);
    }

    private EnvelopeTest BindEnvelope(SearchKey.Envelope key)
    {
        string folded = SearchText.Fold(key.Text);
        SearchField field = key.Field;
        TextFields indexed = field switch
        {
            SearchField.From => TextFields.From,
            SearchField.To => TextFields.To,
            SearchField.Cc => TextFields.Cc,
            SearchField.Bcc => TextFields.Bcc,
            SearchField.Subject => TextFields.Subject,
            _ => TextFields.None,
        };
        return new EnvelopeTest(
            envelope => envelope[field] is { } text && text.Contains(folded, StringComparison.Ordinal),
            Ask(indexed == TextFields.None ? new TextQuery(TextFields.Header, folded, IsPart: true) : new TextQuery(indexed, folded)));
    }

    private HeaderTest BindHeader(string name, string folded) => new(name, folded, Ask(new TextQuery(TextFields.Header, folded, IsPart: true)));

    private int Ask(TextQuery query)
    {
        int place = _queries.IndexOf(query);
        if (place < 0)
        {
            place = _queries.Count;
            _queries.Add(query);
        }

        return place;
    }

    private SearchTest BindText(string text, bool inHeader)
    {
        string folded = SearchText.Fold(text);
        if (folded.Length == 0)
        {
            // RFC 9051 §6.4.4: the empty string is in every text.
            return new ConstantTest(true);
        }

        int needle = _needles.IndexOf(folded);
        if (needle < 0)
        {
            needle = _needles.Count;
            _needles.Add(folded);
        }

        return new TextTest(needle, inHeader, Ask(new TextQuery(inHeader ? TextFields.Text : TextFields.Body, folded)));
    }

    private static bool Compare(DateOnly day, SearchDate order, DateOnly than) => order switch
    {
        SearchDate.Before => day < than,
        SearchDate.On => day == than,
        _ => day >= than,
    };
}
