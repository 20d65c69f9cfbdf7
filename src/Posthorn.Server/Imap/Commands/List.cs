using Posthorn.Core;
using Posthorn.Core.Mailboxes;
using Posthorn.Server.Imap.Listing;

namespace Posthorn.Server.Imap.Commands;

/// <summary>LIST: names of mailboxes, with what was asked of each.</summary>
/// <remarks>RFC 9051 §6.3.9, RFC 5258; STATUS: RFC 5819; SPECIAL-USE: RFC 6154 §2; METADATA: RFC 9590; MYRIGHTS: RFC 8440.</remarks>
/// <param name="Patterns">Null: the pattern was empty, which asks for the separator only.</param>
/// <param name="Status">Items of the STATUS return option.</param>
internal sealed record List(ListSelection Selection, IReadOnlyList<ListPattern>? Patterns, ListReturn Return, StatusItems Status, IReadOnlyList<string> Metadata) : IImapCommand<List>
{
    // list = "LIST" [SP list-select-opts] SP mailbox SP mbox-or-pat [SP list-return-opts]     RFC 9051 §9
    public static List Parse(ref ImapReader reader)
    {
        reader.Space();
        ListSelection selection = ListSelection.None;
        bool isExtended = reader.IsNext((byte)'(');
        if (isExtended)
        {
            selection = ReadSelection(ref reader);
            reader.Space();
        }

        string reference = reader.ListMailbox();
        reader.Space();
        isExtended |= reader.IsNext((byte)'(');
        List<string> patterns = ReadPatterns(ref reader);
        ListReturn returned = selection.HasFlag(ListSelection.Subscribed) ? ListReturn.Subscribed : ListReturn.None;
        StatusItems status = StatusItems.None;
        IReadOnlyList<string> metadata = [];
        if (reader.TrySpace())
        {
            isExtended = true;
            returned |= ReadReturn(ref reader, ref status, ref metadata);
        }

        // RFC 9051 §6.3.9: only the basic form gives an empty pattern its meaning.
        bool asksSeparator = !isExtended && patterns is [""];
        return new List(selection, asksSeparator ? null : Canonical(reference, patterns), returned, status, metadata);
    }

    public async ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel)
    {
        if (Patterns is null)
        {
            session.Writer.Line("* LIST (\\NoSelect) \"/\" \"\""u8);
            return ImapResult.Completed;
        }

        if (Status.HasFlag(StatusItems.HighestModSeq))
        {
            session.EnableCondStore();
        }

        Result<IReadOnlyList<Mailbox>> mailboxes = await session.Services.Mailboxes.ListAsync(session.Actor!, session.Account!.Id, cancel);
        if (!mailboxes.TryGet(out IReadOnlyList<Mailbox>? all, out Refusal? refusal))
        {
            return ResponseCode.Refuse(refusal, ResponseCode.Nonexistent);
        }

        all = Namespace.Join(all, await session.Services.Mailboxes.GrantedAsync(session.Actor!, cancel));
        IReadOnlyList<string> subscriptions = [];
        if (Return.HasFlag(ListReturn.Subscribed)
            && !(await session.Services.Mailboxes.SubscriptionsAsync(session.Actor!, session.Account!.Id, cancel)).TryGet(out subscriptions!, out refusal))
        {
            return ResponseCode.Refuse(refusal, ResponseCode.Nonexistent);
        }

        foreach (ListedMailbox listed in new MailboxListing(all, subscriptions).List(Selection, Patterns))
        {
            listed.Write(session.Writer, Return);
            if (Status != StatusItems.None && listed.IsSelectable)
            {
                await StatusResponse.WriteAsync(session, listed.Mailbox!, Status, cancel);
            }

            if (Return.HasFlag(ListReturn.MyRights) && listed.IsSelectable)
            {
                await MyRights.TellAsync(session, listed.Mailbox!, cancel);
            }

            if (Metadata.Count > 0 && listed.Mailbox is { } mailbox && mailbox.Account == session.Account.Id)
            {
                await TellMetadataAsync(session, mailbox.Name, cancel);
            }

            await session.Writer.FlushIfLargeAsync(cancel);
        }

        return ImapResult.Completed;
    }

    /// <summary>What is not there is NIL.</summary>
    private async ValueTask TellMetadataAsync(ImapSession session, string name, CancellationToken cancel)
    {
        Result<IReadOnlyList<Annotation>> read = await session.Services.Annotations.ReadAsync(session.Actor!, session.Account!.Id, name, cancel);
        if (read.TryGet(out IReadOnlyList<Annotation>? all, out _))
        {
            Annotation[] asked = [.. Metadata.Select(entry => all.FirstOrDefault(annotation => annotation.Entry == entry) ?? new Annotation(entry, null))];
            await MetadataEntries.WriteAsync(session.Writer, name, asked, cancel);
        }
    }

    // list-select-opts = "(" [...] ")"
    private static ListSelection ReadSelection(ref ImapReader reader)
    {
        ListSelection selection = ListSelection.None;
        reader.Expect((byte)'(');
        if (!reader.IsNext((byte)')'))
        {
            do
            {
                selection |= reader.TryKeyword("SUBSCRIBED"u8) ? ListSelection.Subscribed
                    : reader.TryKeyword("REMOTE"u8) ? ListSelection.Remote
                    : reader.TryKeyword("RECURSIVEMATCH"u8) ? ListSelection.RecursiveMatch
                    : reader.TryKeyword("SPECIAL-USE"u8) ? ListSelection.SpecialUse
                    : throw new ImapSyntaxException("That is no selection option of LIST.");
            }
            while (reader.TrySpace());
        }

        reader.Expect((byte)')');
        return selection.HasFlag(ListSelection.RecursiveMatch) && (selection & ListSelection.Base) == 0
            ? throw new ImapSyntaxException("RECURSIVEMATCH needs another selection option beside it.")
            : selection;
    }

    // mbox-or-pat = list-mailbox / patterns;  patterns = "(" list-mailbox *(SP list-mailbox) ")"
    private static List<string> ReadPatterns(ref ImapReader reader)
    {
        if (!reader.TryRead((byte)'('))
        {
            return [reader.ListMailbox()];
        }

        var patterns = new List<string>();
        do
        {
            patterns.Add(reader.ListMailbox());
        }
        while (reader.TrySpace());
        reader.Expect((byte)')');
        return patterns;
    }

    // list-return-opts = "RETURN" SP "(" [list-return-opt *(SP list-return-opt)] ")"
    private static ListReturn ReadReturn(ref ImapReader reader, ref StatusItems status, ref IReadOnlyList<string> metadata)
    {
        ListReturn returned = ListReturn.None;
        reader.Keyword("RETURN"u8);
        reader.Space();
        reader.Expect((byte)'(');
        if (reader.TryRead((byte)')'))
        {
            return returned;
        }

        do
        {
            if (reader.TryKeyword("STATUS"u8))
            {
                reader.Space();
                status |= StatusResponse.ReadItems(ref reader);
                continue;
            }

            if (reader.TryKeyword("METADATA"u8))
            {
                reader.Space();
                metadata = MetadataEntries.ReadAll(ref reader);
                continue;
            }

            returned |= reader.TryKeyword("SUBSCRIBED"u8) ? ListReturn.Subscribed
                : reader.TryKeyword("CHILDREN"u8) ? ListReturn.Children
                : reader.TryKeyword("SPECIAL-USE"u8) ? ListReturn.SpecialUse
                : reader.TryKeyword("MYRIGHTS"u8) ? ListReturn.MyRights
                : throw new ImapSyntaxException("That is no return option of LIST.");
        }
        while (reader.TrySpace());
        reader.Expect((byte)')');
        return returned;
    }

    private static ListPattern[] Canonical(string reference, List<string> patterns) =>
        patterns.Sum(pattern => reference.Length + pattern.Length) > ListPattern.MaxCharacters
            ? throw new ImapSyntaxException("The patterns are too long.")
            : [.. patterns.Select(pattern => new ListPattern(reference, pattern))];
}
