using Posthorn.Core;
using Posthorn.Server.Imap.Listing;

namespace Posthorn.Server.Imap.Commands;

/// <summary>LSUB: subscribed names, for clients that do not know LIST (SUBSCRIBED).</summary>
/// <remarks>RFC 3501 §6.3.9; gone in RFC 9051 appendix E.</remarks>
/// <param name="Pattern">Null: the pattern was empty, which asks for the separator only.</param>
internal sealed record Lsub(ListPattern? Pattern) : IImapCommand<Lsub>
{
    // lsub = "LSUB" SP mailbox SP list-mailbox     RFC 3501 §9
    public static Lsub Parse(ref ImapReader reader)
    {
        reader.Space();
        string reference = reader.ListMailbox();
        reader.Space();
        string pattern = reader.ListMailbox();
        return reference.Length + pattern.Length > ListPattern.MaxCharacters
            ? throw new ImapSyntaxException("The pattern is too long.")
            : new Lsub(pattern.Length == 0 ? null : new ListPattern(reference, pattern));
    }

    public async ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel)
    {
        ImapResponseWriter writer = session.Writer;
        if (Pattern is null)
        {
            writer.Line("* LSUB (\\NoSelect) \"/\" \"\""u8);
            return ImapResult.Completed;
        }

        Result<IReadOnlyList<string>> result = await session.Services.Mailboxes.SubscriptionsAsync(session.Actor!, session.Account!.Id, cancel);
        if (!result.TryGet(out IReadOnlyList<string>? subscriptions, out Refusal? refusal))
        {
            return ResponseCode.Refuse(refusal, ResponseCode.Nonexistent);
        }

        foreach ((string name, bool isSubscribed) in new MailboxListing([], subscriptions).Lsub(Pattern))
        {
            writer.Write(isSubscribed ? "* LSUB () \"/\" "u8 : "* LSUB (\\NoSelect) \"/\" "u8);
            writer.Mailbox(name);
            writer.EndLine();
            await writer.FlushIfLargeAsync(cancel);
        }

        return ImapResult.Completed;
    }
}
