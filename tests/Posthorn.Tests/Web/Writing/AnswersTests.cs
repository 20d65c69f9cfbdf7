using MimeKit;
using Posthorn.Core;
using Posthorn.Web.Mail;
using Posthorn.Web.Mail.Writing;

namespace Posthorn.Tests.Web.Writing;

/// <summary>Whom an answer goes to.</summary>
public sealed class AnswersTests
{
    private static readonly MessagePlace Origin = new(new MailboxId(1), 1);

    [Fact]
    public void An_answer_to_all_names_each_once_and_its_writer_not()
    {
        using MimeMessage message = Of(["zo@example.net"], ["you@example.test", "a@example.net", "A@example.net"], ["a@EXAMPLE.net", "b@example.net", "You@example.test", "B@example.net"]);
        ComposeForm form = Answers.Head(message, Origin, Posthorn.Web.Mail.Writing.Writing.ReplyAll, ["you@example.test"]);
        Assert.Equal(("zo@example.net, a@example.net", "b@example.net"), (form.To, form.Cc));
    }

    [Fact]
    public void A_hundred_thousand_people_of_a_message_are_compared_with_no_other_hundred_thousand()
    {
        const int Many = 100_000;
        using MimeMessage message = Of(["zo@example.net"], [.. Enumerable.Range(0, Many).Select(static number => $"t{number}@example.net")], [.. Enumerable.Range(0, Many).Select(static number => $"c{number}@example.net")]);
        ComposeForm form = Answers.Head(message, Origin, Posthorn.Web.Mail.Writing.Writing.ReplyAll, ["you@example.test"]);
        Assert.Equal((Many + 1, Many), (form.To.Split(',').Length, form.Cc.Split(',').Length));
    }

    private static MimeMessage Of(string[] from, string[] to, string[] cc)
    {
        var message = new MimeMessage();
        message.From.AddRange(from.Select(static address => new MailboxAddress("", address)));
        message.To.AddRange(to.Select(static address => new MailboxAddress("", address)));
        message.Cc.AddRange(cc.Select(static address => new MailboxAddress("", address)));
        return message;
    }
}
