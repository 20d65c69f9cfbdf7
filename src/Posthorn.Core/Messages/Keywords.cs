using Posthorn.Core.Mailboxes;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Messages;

/// <summary>The keywords a mailbox names, and their bits.</summary>
internal sealed class Keywords(IReadOnlyList<string> names)
{
    /// <summary>The mailbox's keywords with those of <paramref name="wanted"/> that it did not name yet; those are written.</summary>
    public static async ValueTask<Result<Keywords>> NameAsync(IWriteSession session, AccountId account, Mailbox mailbox, IEnumerable<string> wanted)
    {
        List<string>? names = null;
        foreach (string keyword in wanted)
        {
            if (!(names ?? mailbox.Keywords).Contains(keyword, StringComparer.OrdinalIgnoreCase))
            {
                names ??= [.. mailbox.Keywords];
                names.Add(keyword);
            }
        }

        if (names is null)
        {
            return new Keywords(mailbox.Keywords);
        }

        if (names.Count > KeywordBits.Most)
        {
            return new Refusal.Limit("keywords of a mailbox", KeywordBits.Most);
        }

        await session.Mailboxes.SetKeywordsAsync(account, mailbox.Id, names);
        return new Keywords(names);
    }

    /// <summary>Bits of those keywords that are named; others have none.</summary>
    public MessageFlags Mask(IReadOnlyList<string> keywords)
    {
        MessageFlags mask = MessageFlags.None;
        foreach (string keyword in keywords)
        {
            for (int i = 0; i < names.Count; i++)
            {
                if (string.Equals(names[i], keyword, StringComparison.OrdinalIgnoreCase))
                {
                    mask |= KeywordBits.Of(i);
                }
            }
        }

        return mask;
    }
}

/// <summary>How keyword bits of one mailbox read in another.</summary>
internal sealed class KeywordMap(IReadOnlyList<(MessageFlags From, MessageFlags To)> bits)
{
    /// <summary>Names in the target what the messages carry. Keywords that find no room there are left behind.</summary>
    public static async ValueTask<KeywordMap> BetweenAsync(
        IWriteSession session, AccountId account, Mailbox source, Mailbox target, IReadOnlyList<FiledMessage> messages)
    {
        MessageFlags used = messages.Aggregate(MessageFlags.None, static (mask, message) => mask | message.Flags);
        string[] carried = [.. source.Keywords.Where((_, position) => used.HasFlag(KeywordBits.Of(position)))];
        string[] fitting = [.. carried.Where(keyword => target.Keywords.Contains(keyword, StringComparer.OrdinalIgnoreCase))];
        string[] added = [.. carried.Except(fitting).Take(KeywordBits.Most - target.Keywords.Count)];
        Keywords names = (await Keywords.NameAsync(session, account, target, added)).Value;
        var here = new Keywords(source.Keywords);
        return new KeywordMap([.. fitting.Concat(added).Select(keyword => (here.Mask([keyword]), names.Mask([keyword])))]);
    }

    public MessageFlags Translate(MessageFlags flags)
    {
        MessageFlags translated = flags & MessageFlags.System;
        foreach ((MessageFlags from, MessageFlags to) in bits)
        {
            translated |= flags.HasFlag(from) ? to : MessageFlags.None;
        }

        return translated;
    }
}
