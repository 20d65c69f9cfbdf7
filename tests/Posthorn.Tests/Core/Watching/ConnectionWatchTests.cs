using System.Net;
using Microsoft.Extensions.Time.Testing;
using Posthorn.Core;
using Posthorn.Core.Watching;

namespace Posthorn.Tests.Core.Watching;

/// <summary>Who sees which connection.</summary>
public sealed class ConnectionWatchTests
{
    private static readonly IPAddress Here = IPAddress.Parse("192.0.2.7"), Phone = IPAddress.Parse("198.51.100.9");

    private readonly FakeTimeProvider _time = new();
    private readonly ConnectionWatch _watch;
    private readonly SettingsWatch _mine;

    public ConnectionWatchTests()
    {
        _watch = new ConnectionWatch(_time);
        _mine = _watch.Watch(new AccountId(1), "you@example.test", Here);
    }

    private ConnectionStep[] Seen => [.. _mine.After(0).Select(static entry => entry.Report.Step)];

    [Fact]
    public void A_connection_from_the_watcher_s_address_is_seen_before_it_names_anybody()
    {
        Report("a", Here, ConnectionStep.Connected);
        Report("a", Here, ConnectionStep.Encrypted);
        Report("b", Phone, ConnectionStep.Connected);
        Assert.Equal([ConnectionStep.Connected, ConnectionStep.Encrypted], Seen);
    }

    [Fact]
    public void A_connection_from_elsewhere_is_seen_once_it_names_the_watcher()
    {
        Report("b", Phone, ConnectionStep.Connected);
        Report("b", Phone, ConnectionStep.WrongPassword, "YOU+tag@Example.Test");
        Report("b", Phone, ConnectionStep.Ended);
        Report("b", Phone, ConnectionStep.Connected);
        Assert.Equal([ConnectionStep.WrongPassword, ConnectionStep.Ended], Seen);
    }

    [Theory]
    [InlineData(ConnectionStep.SignedIn, "friend@example.test")]
    [InlineData(ConnectionStep.WrongPassword, "friend@example.test")]
    [InlineData(ConnectionStep.WrongPassword, "nobody@example.test")]
    [InlineData(ConnectionStep.WrongPassword, "my secret")]
    public void Who_else_signs_in_from_the_same_address_is_not_told_nor_what_came_of_it(ConnectionStep step, string user)
    {
        Report("a", Here, ConnectionStep.Connected);
        Report("a", Here, step, user);
        Report("a", Here, ConnectionStep.MessageTaken);
        Report("a", Here, ConnectionStep.Refused);
        Report("a", Here, step, user);
        Report("a", Here, ConnectionStep.Ended);
        Assert.Equal([ConnectionStep.Connected, ConnectionStep.OtherUser], Seen);
        Assert.All(_mine.After(0), entry => Assert.Null(entry.Report.User));
    }

    [Fact]
    public void Who_else_signs_in_from_elsewhere_is_not_seen_at_all()
    {
        Report("b", Phone, ConnectionStep.Connected);
        Report("b", Phone, ConnectionStep.SignedIn, "friend@example.test");
        Report("b", Phone, ConnectionStep.Ended);
        Assert.Empty(Seen);
    }

    [Fact]
    public void Two_people_of_one_household_see_their_own()
    {
        SettingsWatch friends = _watch.Watch(new AccountId(2), "friend@example.test", Here);
        Report("a", Here, ConnectionStep.SignedIn, "you@example.test");
        Report("b", Here, ConnectionStep.WrongPassword, "friend@example.test");
        Assert.Equal([ConnectionStep.SignedIn, ConnectionStep.OtherUser], Seen);
        Assert.Equal([ConnectionStep.OtherUser, ConnectionStep.WrongPassword], friends.After(0).Select(static entry => entry.Report.Step));
    }

    [Fact]
    public void Addresses_of_one_host_in_IPv6_are_one_place()
    {
        SettingsWatch wide = _watch.Watch(new AccountId(1), "you@example.test", IPAddress.Parse("2001:db8::1"));
        Report("a", IPAddress.Parse("2001:db8::abcd"), ConnectionStep.Connected);
        Report("b", IPAddress.Parse("2001:db8:0:1::1"), ConnectionStep.Connected);
        Assert.Single(wide.After(0));
    }

    [Fact]
    public void A_watch_that_nobody_looks_at_ends()
    {
        _time.Advance(ConnectionWatch.Lifetime - TimeSpan.FromSeconds(1));
        Assert.Same(_mine, _watch.Watch(new AccountId(1), "you@example.test", Here));
        _time.Advance(ConnectionWatch.Lifetime + TimeSpan.FromSeconds(1));
        Report("a", Here, ConnectionStep.Connected);
        Assert.Empty(Seen);
        Assert.False(_watch.IsWatched);
    }

    [Fact]
    public void Watches_and_reports_are_bounded()
    {
        for (int account = 2; account < ConnectionWatch.MaxWatches + 10; account++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(1));
            _watch.Watch(new AccountId(account), $"{account}@example.test", Here);
        }

        Report("a", Here, ConnectionStep.Connected);
        Assert.Empty(Seen);
        SettingsWatch mine = _watch.Watch(new AccountId(1), "you@example.test", Here);
        for (int i = 0; i < SettingsWatch.MaxReports + 5; i++)
        {
            Report($"c{i}", Here, ConnectionStep.Connected);
        }

        Assert.Equal(SettingsWatch.MaxReports, mine.After(0).Count);
        Assert.Equal(5, mine.After(SettingsWatch.MaxReports).Count);
    }

    [Fact]
    public async Task A_waiting_page_is_woken_and_an_emptied_list_stays_so()
    {
        Task news = _mine.WaitAsync(0, TestContext.Current.CancellationToken);
        Assert.False(news.IsCompleted);
        Report("a", Here, ConnectionStep.Connected);
        await news;
        _mine.Clear();
        Assert.Empty(Seen);
        Assert.True(_mine.WaitAsync(0, TestContext.Current.CancellationToken).IsCompleted);
    }

    private void Report(string connection, IPAddress remote, ConnectionStep step, string? user = null) =>
        _watch.Report(new ConnectionReport(_time.GetUtcNow(), connection, "imaps", 993, remote, step), user);
}
