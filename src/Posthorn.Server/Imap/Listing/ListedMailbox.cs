using Posthorn.Core.Mailboxes;

namespace Posthorn.Server.Imap.Listing;

/// <summary>A name that LIST tells, and what is to be said of it.</summary>
/// <param name="Name">Full name.</param>
/// <param name="Mailbox">Null: there is no such mailbox (\NonExistent).</param>
/// <param name="HasChildren">A mailbox is inside it.</param>
/// <param name="IsSubscribed">Told where \Subscribed was asked for.</param>
/// <param name="ChildInfo">Selection options that something inside it meets; none: no CHILDINFO (RFC 9051 §6.3.9.6).</param>
internal sealed record ListedMailbox(string Name, Mailbox? Mailbox, bool HasChildren, bool IsSubscribed, ListSelection ChildInfo)
{
    /// <summary>The name before RENAME (RFC 5465 §5.4); null: it is not told.</summary>
    public string? OldName { get; init; }

    public bool IsSelectable => Mailbox is { IsContainer: false };

    /// <summary>mailbox-list: the whole LIST response.</summary>
    public void Write(ImapResponseWriter writer, ListReturn returned)
    {
        writer.Write("* LIST ("u8);
        writer.Text(string.Join(' ', Attributes(returned)));
        writer.Write(") \"/\" "u8);
        writer.Mailbox(Name);
        if (ChildInfo != ListSelection.None)
        {
            writer.Write(" (\"CHILDINFO\" ("u8);
            writer.Text(ChildInfo switch
            {
                ListSelection.Subscribed => "\"SUBSCRIBED\"",
                ListSelection.SpecialUse => "\"SPECIAL-USE\"",
                _ => "\"SUBSCRIBED\" \"SPECIAL-USE\"",
            });
            writer.Write("))"u8);
        }

        if (OldName is not null)
        {
            writer.Write(" (\"OLDNAME\" ("u8);
            writer.Mailbox(OldName);
            writer.Write("))"u8);
        }

        writer.EndLine();
    }

    // RFC 9051 §7.3.1
    private IEnumerable<string> Attributes(ListReturn returned)
    {
        if (!IsSelectable)
        {
            yield return Mailbox is null ? "\\NonExistent" : "\\NoSelect";
        }

        yield return HasChildren ? "\\HasChildren" : "\\HasNoChildren";
        if (IsSubscribed && returned.HasFlag(ListReturn.Subscribed))
        {
            yield return "\\Subscribed";
        }

        if (Mailbox is { Use: not SpecialUse.None and var use })
        {
            yield return SpecialUses.Attribute(use);
        }
    }
}
