using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;

namespace Posthorn.Tests.Core;

public sealed class ConversationsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Messages_of_one_thread_are_one_conversation_ordered_by_its_newest()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync();
        await store.AppendAsync(inbox.Id, Letter(1, "Plan"), Letter(2, "Other"), Letter(3, "Re: Plan", 1), Letter(4, "Third"));
        ConversationList list = await ListAsync(store, inbox.Id);
        Assert.Equal([(4u, 1), (3u, 2), (2u, 1)], list.All.Select(static talk => (talk.Newest, talk.Count)));
        Assert.Equal("1,3:4", list.Whole(UidSet.From([1u, 4u])).ToString());

        await store.AppendAsync(inbox.Id, Letter(5, "Re: Other", 2));
        await store.Get<Messages>().ChangeFlagsAsync(store.Actor, store.Account, inbox.Id, UidSet.Of(1, 3), new FlagChange(FlagOperation.Add, MessageFlags.Seen, []), null, Cancel);
        Assert.Equal([(5u, 2, true), (4u, 1, true), (3u, 2, false)], (await ListAsync(store, inbox.Id)).All.Select(static talk => (talk.Newest, talk.Count, talk.IsUnread)));
        Assert.Equal(3, list.All.Count);
    }

    [Fact]
    public async Task A_conversation_is_found_in_all_mailboxes_the_oldest_first()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync();
        Mailbox sent = (await store.Get<Mailboxes>().CreateAsync(store.Actor, store.Account, "Sent", SpecialUse.Sent, Cancel)).Value;
        await store.AppendAsync(inbox.Id, Letter(1, "Plan"));
        store.Time.Advance(TimeSpan.FromMinutes(1));
        await store.AppendAsync(sent.Id, Letter(2, "Re: Plan", 1));
        store.Time.Advance(TimeSpan.FromMinutes(1));
        await store.AppendAsync(inbox.Id, Letter(3, "Other"), Letter(4, "Re: Plan", 1));
        ThreadId thread = (await ListAsync(store, inbox.Id)).All[0].Thread;
        Assert.Equal(
            [(inbox.Id, 1u), (sent.Id, 1u), (inbox.Id, 3u)],
            (await store.Get<Conversations>().FindAsync(store.Actor, store.Account, thread, Cancel)).Value);
    }

    [Fact]
    public async Task A_conversation_goes_on_without_its_first_message()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync();
        await store.AppendAsync(inbox.Id, Letter(1, "Plan"), Letter(2, "Other"), Letter(3, "Re: Plan", 1));
        ThreadId thread = (await ListAsync(store, inbox.Id)).All[0].Thread;
        await store.Get<Messages>().DeleteAsync(store.Actor, store.Account, inbox.Id, UidSet.Of(1), Cancel);
        await store.AppendAsync(inbox.Id, Letter(4, "Re: Plan", 1));
        Assert.Equal([(inbox.Id, 3u), (inbox.Id, 4u)], (await store.Get<Conversations>().FindAsync(store.Actor, store.Account, thread, Cancel)).Value);
    }

    [Fact]
    public async Task Nobody_sees_the_conversations_of_another()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync();
        await store.AppendAsync(inbox.Id, Letter(1, "Plan"));
        ThreadId thread = (await ListAsync(store, inbox.Id)).All[0].Thread;
        var other = new Actor(new AccountId(store.Account.Value + 1), "test", "1", null);
        Assert.IsType<Refusal.NotFound>((await store.Get<Conversations>().ListAsync(other, store.Account, inbox.Id, Cancel)).Refusal);
        Assert.IsType<Refusal.Denied>((await store.Get<Conversations>().FindAsync(other, store.Account, thread, Cancel)).Refusal);
        Assert.Empty((await store.Get<Conversations>().FindAsync(other, other.Principal, thread, Cancel)).Value);
    }

    private static async Task<ConversationList> ListAsync(TestStore store, MailboxId mailbox) =>
        (await store.Get<Conversations>().ListAsync(store.Actor, store.Account, mailbox, Cancel)).Value;

    private static string Letter(int number, string subject, int? answers = null) =>
        $"Message-ID: <{number}@example.net>\r\nSubject: {subject}\r\n{(answers is null ? "" : $"References: <{answers}@example.net>\r\n")}\r\ntext {number}\r\n";
}
