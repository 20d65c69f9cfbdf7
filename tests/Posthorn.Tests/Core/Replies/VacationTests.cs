using System.Text;
using MimeKit;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Replies;
using Posthorn.Standards.Mime;

namespace Posthorn.Tests.Core.Replies;

public sealed class VacationTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    // New York is five hours behind in winter: its 24th begins at 05:00 UTC and ends with its 26th at 05:00 UTC of the 27th.
    [InlineData("2026-12-24T04:59:59Z", "ahead")]
    [InlineData("2026-12-24T05:00:00Z", "active")]
    [InlineData("2026-12-27T04:59:59Z", "active")]
    [InlineData("2026-12-27T05:00:00Z", "over")]
    public void Days_are_those_of_the_owners_zone(string moment, string expected)
    {
        var vacation = new Vacation { IsOn = true, Text = "x", Zone = "America/New_York", First = new DateOnly(2026, 12, 24), Last = new DateOnly(2026, 12, 26) };
        var now = DateTimeOffset.Parse(moment, System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(expected, vacation.IsAheadAt(now) ? "ahead" : vacation.IsOverAt(now) ? "over" : vacation.IsActiveAt(now) ? "active" : "off");
    }

    [Fact]
    public void Without_days_it_is_active_until_it_is_turned_off()
    {
        var vacation = new Vacation { IsOn = true, Text = "x" };
        Assert.True(vacation.IsActiveAt(DateTimeOffset.MinValue.AddDays(2)) && vacation.IsActiveAt(DateTimeOffset.MaxValue.AddDays(-2)));
        Assert.False((vacation with { IsOn = false }).IsActiveAt(DateTimeOffset.UnixEpoch));
    }

    [Fact]
    public async Task What_is_set_is_there_again_and_shows_in_the_account()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Vacations vacations = store.Get<Vacations>();
        Assert.Equal(Vacation.Off, (await vacations.GetAsync(store.Actor, store.Account, Cancel)).Value);
        var wanted = new Vacation
        {
            IsOn = true,
            First = new DateOnly(2026, 12, 24),
            Last = new DateOnly(2027, 1, 6),
            Zone = "Europe/Berlin",
            Subject = "Nicht da: Grüße",
            Text = "Ich bin weg.\n\nJürgen",
            Outside = OutsideAnswer.Other,
            OutsideText = "Away.",
            Days = 3,
        };
        Assert.True((await vacations.SetAsync(store.Actor, store.Account, wanted, Cancel)).IsOk);
        Assert.Equal(wanted, (await vacations.GetAsync(store.Actor, store.Account, Cancel)).Value);
        Assert.Equal(AutomaticMail.Vacation, await AutomaticAsync(store));
        Assert.True((await vacations.TurnOffAsync(store.Actor, store.Account, Cancel)).IsOk);
        Assert.Equal(wanted with { IsOn = false }, (await vacations.GetAsync(store.Actor, store.Account, Cancel)).Value);
        Assert.Equal(AutomaticMail.None, await AutomaticAsync(store));
    }

    [Fact]
    public async Task What_makes_no_sense_is_refused()
    {
        await using TestStore store = await TestStore.OpenAsync();
        var good = new Vacation { IsOn = true, Text = "x" };
        foreach (Vacation bad in new[]
        {
            good with { Text = " \r\n" }, good with { Outside = OutsideAnswer.Other }, good with { Text = new string('x', Vacation.MaxText + 1) },
            good with { Subject = "a\r\nBcc: victim@example.org" }, good with { Subject = new string('x', Vacation.MaxSubject + 1) },
            good with { First = new DateOnly(2026, 2, 2), Last = new DateOnly(2026, 2, 1) }, good with { Days = 0 }, good with { Days = Vacation.MaxDays + 1 },
            good with { Zone = "Atlantis/Center" }, good with { Outside = (OutsideAnswer)9 },
        })
        {
            Assert.IsType<Refusal.Invalid>((await store.Get<Vacations>().SetAsync(store.Actor, store.Account, bad, Cancel)).Refusal);
        }

        Assert.Equal(AutomaticMail.None, await AutomaticAsync(store));
    }

    [Fact]
    public async Task Nobody_else_sees_or_sets_it()
    {
        await using TestStore store = await TestStore.OpenAsync();
        var other = new Actor(new AccountId(store.Account.Value + 1), "web", "1", null);
        Assert.IsType<Refusal.Denied>((await store.Get<Vacations>().GetAsync(other, store.Account, Cancel)).Refusal);
        Assert.IsType<Refusal.Denied>((await store.Get<Vacations>().SetAsync(other, store.Account, new Vacation { IsOn = true, Text = "x" }, Cancel)).Refusal);
        Assert.IsType<Refusal.Denied>((await store.Get<Vacations>().TurnOffAsync(store.Actor with { Scopes = Posthorn.Core.Security.AppScopes.Imap }, store.Account, Cancel)).Refusal);
    }

    [Theory]
    [InlineData("Away", "Hello", "Away")]
    [InlineData("", "Hello", "Auto: Hello")]
    [InlineData("", "=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Auto: Grüße")]
    [InlineData("", "", "Automated reply")]
    public void The_reply_has_the_subject_that_was_wished(string wished, string original, string expected) =>
        Assert.Equal(expected, Reply(new Vacation { Subject = wished }, "text", $"Subject: {original}\r\n").Subject);

    [Fact]
    public void The_reply_names_what_it_answers_and_says_that_a_program_wrote_it()
    {
        MimeMessage reply = Reply(
            new Vacation { Zone = "Europe/Berlin" }, "Grüße\n.\nfrom afar", "Message-ID: <three@example.org>\r\nReferences: <one@example.org>\r\n <two@example.org>\r\n");
        Assert.Equal("three@example.org", reply.InReplyTo);
        Assert.Equal(["one@example.org", "two@example.org", "three@example.org"], reply.References);
        Assert.Equal("auto-replied", reply.Headers["Auto-Submitted"]);
        Assert.Equal("\"Jürgen Ott\" <you@example.test>", reply.From.ToString());
        Assert.Equal("ann@example.org", reply.To.ToString());
        Assert.Equal("Grüße\n.\nfrom afar\n", reply.TextBody);
        Assert.Equal(TimeSpan.FromHours(1), reply.Date.Offset);
    }

    [Fact]
    public void A_long_thread_is_named_by_its_beginning_and_its_end()
    {
        MimeMessage reply = Reply(
            Vacation.Off, "x", $"Message-ID: <last@x>\r\nReferences: {string.Join("\r\n ", Enumerable.Range(0, 45).Select(static at => $"<{at}@x>"))}\r\n");
        Assert.Equal(20, reply.References.Count);
        Assert.Equal(("0@x", "last@x"), (reply.References[0], reply.References[^1]));
    }

    private static MimeMessage Reply(Vacation vacation, string text, string header)
    {
        byte[] octets = VacationReply.Write(
            vacation, text, "Jürgen Ott", "you@example.test", "ann@example.org", MessageSummary.Read(Encoding.UTF8.GetBytes(header + "\r\n")), new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
        Assert.DoesNotContain(octets, static octet => octet > 127);
        using var stream = new MemoryStream(octets);
        return MimeMessage.Load(stream, TestContext.Current.CancellationToken);
    }

    private static async Task<AutomaticMail> AutomaticAsync(TestStore store) =>
        (await store.Store.ReadAsync(store.Account, session => session.Directory.AccountAsync(store.Account), Cancel))!.Automatic;
}
