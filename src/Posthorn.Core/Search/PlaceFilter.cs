using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Core.Storage;
using Posthorn.Standards.Mime;

namespace Posthorn.Core.Search;

/// <summary>The conditions of a query that need no text: folders, flags, sizes, days, attachments.</summary>
internal sealed class PlaceFilter
{
    private readonly SearchQuery _query;
    private readonly Dictionary<MailboxId, Mailbox> _mailboxes;

    /// <param name="all">Mailboxes of the account.</param>
    public PlaceFilter(SearchQuery query, IReadOnlyList<Mailbox> all)
    {
        _query = query;
        SearchTerm.In[] named = [.. query.Terms.OfType<SearchTerm.In>()];
        _mailboxes = all.Where(mailbox => !mailbox.IsContainer
            && (named.All(static term => term.IsNegated) || named.Any(term => !term.IsNegated && IsNamed(mailbox, term.Mailbox)))
            && !named.Any(term => term.IsNegated && IsNamed(mailbox, term.Mailbox))).ToDictionary(static mailbox => mailbox.Id);
    }

    /// <summary>It may leave out most of the messages.</summary>
    public bool IsSelective => _query.Terms.Any(static term => term is SearchTerm.In or SearchTerm.Flag or SearchTerm.Larger or SearchTerm.Smaller);

    /// <summary>Those that the query goes through.</summary>
    public IReadOnlyCollection<MailboxId> Mailboxes => _mailboxes.Keys;

    public Mailbox this[MailboxId id] => _mailboxes[id];

    public bool Holds(FiledPlace place) => _mailboxes.ContainsKey(place.Mailbox) && Holds(place.Message);

    public bool Holds(FiledMessage message)
    {
        foreach (SearchTerm term in _query.Terms)
        {
            bool? holds = term switch
            {
                SearchTerm.Flag flag => message.Flags.HasFlag(flag.Bit) == flag.IsSet,
                SearchTerm.Larger larger => message.SizeBytes > larger.Octets,
                SearchTerm.Smaller smaller => message.SizeBytes < smaller.Octets,
                _ => null,
            };
            if (holds == term.IsNegated)
            {
                return false;
            }
        }

        return true;
    }

    public bool Holds(DateTimeOffset received)
    {
        DateOnly? day = null;
        foreach (SearchTerm term in _query.Terms)
        {
            if (term is not (SearchTerm.After or SearchTerm.Before))
            {
                continue;
            }

            day ??= DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(received, _query.Zone).DateTime);
            if ((term is SearchTerm.After after ? day >= after.Day : day < ((SearchTerm.Before)term).Day) == term.IsNegated)
            {
                return false;
            }
        }

        return true;
    }

    /// <param name="row">Read with its structure.</param>
    public bool Holds(Message row)
    {
        bool? hasAttachment = null;
        foreach (SearchTerm term in _query.Terms)
        {
            if (term is SearchTerm.HasAttachment && (hasAttachment ??= HasAttachment(row)) == term.IsNegated)
            {
                return false;
            }
        }

        return true;
    }

    private static bool HasAttachment(Message row)
    {
        BodyStructure? structure = row.Structure is { } stored ? BodyStructure.Read(stored) : null;
        for (int index = 0; index < (structure?.Count ?? 0); index++)
        {
            BodyPart part = structure![index];
            // A picture with an id is shown inside the text.
            if (part.IsAttachment || part.Kind == MediaKind.Message || (part.Kind == MediaKind.Basic && part.ContentId.IsEmpty))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsNamed(Mailbox mailbox, string name)
    {
        SpecialUse use = name.ToUpperInvariant() switch
        {
            "SENT" => SpecialUse.Sent,
            "DRAFTS" or "DRAFT" => SpecialUse.Drafts,
            "TRASH" or "BIN" => SpecialUse.Trash,
            "JUNK" or "SPAM" => SpecialUse.Junk,
            "ARCHIVE" => SpecialUse.Archive,
            _ => SpecialUse.None,
        };
        return name.Equals("anywhere", StringComparison.OrdinalIgnoreCase)
            || (use != SpecialUse.None && mailbox.Use == use)
            || mailbox.Name.Equals(name, StringComparison.OrdinalIgnoreCase)
            || mailbox.Name.AsSpan(mailbox.Name.LastIndexOf(Mailbox.Separator) + 1).Equals(name, StringComparison.OrdinalIgnoreCase);
    }
}
