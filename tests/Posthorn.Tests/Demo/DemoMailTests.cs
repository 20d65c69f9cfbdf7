using System.Text;
using MimeKit;
using Posthorn.Core.Messages;
using Posthorn.Demo;

namespace Posthorn.Tests.Demo;

public sealed class DemoMailTests
{
    private static readonly DateTimeOffset Now = new(2026, 5, 17, 9, 30, 0, TimeSpan.FromHours(2));

    [Fact]
    public void Demo_mail_fills_the_usual_mailboxes()
    {
        var mail = DemoMail.All(Now);
        Assert.InRange(mail.Count, 35, 60);
        Assert.Equal(["Drafts", "INBOX", "Junk", "Newsletters", "Receipts", "Sent", "Trash"], mail.Select(one => one.Mailbox).Distinct().Order(StringComparer.Ordinal));
        Assert.Contains(mail, one => one.Mailbox == "INBOX" && !one.Flags.HasFlag(MessageFlags.Seen));
        Assert.All(mail.Where(one => one.Mailbox == "Drafts"), one => Assert.True(one.Flags.HasFlag(MessageFlags.Draft)));
    }

    [Fact]
    public void Dates_are_relative_to_now_and_oldest_comes_first()
    {
        var mail = DemoMail.All(Now);
        Assert.Equal(mail.OrderBy(one => one.Received), mail);
        foreach (var one in mail)
        {
            var message = MimeMessage.Load(new MemoryStream(one.Octets.ToArray()), TestContext.Current.CancellationToken);
            Assert.Equal(one.Received, message.Date);
            Assert.InRange(one.Received, Now.AddDays(-60), Now);
        }
    }

    [Fact]
    public void Invitations_lie_ahead_and_no_template_word_is_left()
    {
        string[] all = [.. DemoMail.All(Now).Select(one => Encoding.Latin1.GetString(one.Octets.Span))];
        Assert.Contains(all, text => text.Contains("DTSTART:20260520T140000Z\r\n", StringComparison.Ordinal));
        Assert.DoesNotContain(all, text => text.Contains("X-Demo-", StringComparison.Ordinal) || text.Contains("@DAY", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_answer_refers_to_a_letter_of_the_mailbox()
    {
        var messages = DemoMail.All(Now).Select(one => MimeMessage.Load(new MemoryStream(one.Octets.ToArray()), TestContext.Current.CancellationToken)).ToList();
        var ids = messages.Select(message => message.MessageId).ToHashSet();
        Assert.Equal(messages.Count, ids.Count);
        Assert.All(messages.Where(message => message.InReplyTo is not null), message => Assert.Contains(message.InReplyTo, ids));
    }
}
