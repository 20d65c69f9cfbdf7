using System.Net;
using Microsoft.Extensions.Time.Testing;
using Posthorn.Core.Accounts;

namespace Posthorn.Tests.Core.Accounts;

public sealed class SignInLimitsTests
{
    private const string Ann = "ann@example.org";
    private const string Bob = "bob@example.org";

    private static readonly IPAddress Home = IPAddress.Parse("192.0.2.1");
    private static readonly IPAddress Stranger = IPAddress.Parse("198.51.100.7");

    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(4, 0)]
    [InlineData(5, 15)]
    [InlineData(6, 30)]
    [InlineData(7, 60)]
    [InlineData(8, 120)]
    [InlineData(10, 480)]
    [InlineData(11, 900)]
    [InlineData(12, 900)]
    [InlineData(29, 900)]
    public void Each_failure_doubles_the_wait_up_to_the_longest(int failures, int seconds)
    {
        var limits = new SignInLimits(new SignInLimitOptions(), _time);
        Fail(limits, Ann, Stranger, failures);
        AssertWait(limits, Ann, Stranger, seconds);
    }

    [Fact]
    public void Wait_ends_and_the_next_failure_makes_it_longer()
    {
        var limits = new SignInLimits(new SignInLimitOptions(), _time);
        Fail(limits, Ann, Stranger, 5);
        _time.Advance(TimeSpan.FromSeconds(14));
        AssertWait(limits, Ann, Stranger, 1);
        _time.Advance(TimeSpan.FromSeconds(1));
        AssertWait(limits, Ann, Stranger, 0);
        Fail(limits, Ann, Stranger, 1);
        AssertWait(limits, Ann, Stranger, 30);
    }

    [Fact]
    public void Failures_are_forgotten_after_the_window()
    {
        var limits = new SignInLimits(new SignInLimitOptions(), _time);
        Fail(limits, Ann, Stranger, 4);
        _time.Advance(TimeSpan.FromHours(1));
        Fail(limits, Ann, Stranger, 4);
        AssertWait(limits, Ann, Stranger, 0);
    }

    [Fact]
    public void Success_forgets_the_failures_of_the_user_from_there()
    {
        var limits = new SignInLimits(new SignInLimitOptions(), _time);
        Fail(limits, Ann, Home, 4);
        limits.Succeeded(Ann, Home);
        Fail(limits, Ann, Home, 4);
        AssertWait(limits, Ann, Home, 0);
    }

    [Fact]
    public void Failures_from_elsewhere_never_lock_the_user_out()
    {
        var limits = new SignInLimits(new SignInLimitOptions(), _time);
        for (int network = 0; network < 200; network++)
        {
            Fail(limits, Ann, new IPAddress([203, 0, (byte)network, 7]), 20);
        }
        AssertWait(limits, Ann, new IPAddress([203, 0, 50, 7]), 900);
        AssertWait(limits, Ann, Home, 0);
    }

    [Fact]
    public void Known_address_is_not_held_back_by_its_network_but_an_unknown_one_is()
    {
        var limits = new SignInLimits(new SignInLimitOptions(), _time);
        limits.Succeeded(Ann, Home);
        IPAddress neighbour = IPAddress.Parse("192.0.2.99");
        for (int i = 0; i < 40; i++)
        {
            Fail(limits, $"user{i}@example.org", neighbour, 1);
        }
        AssertWait(limits, Ann, Home, 0);
        Assert.IsType<SignInDecision.TryLater>(limits.Check(Bob, Home));
        Assert.IsType<SignInDecision.TryLater>(limits.Check(Ann, neighbour));
        Fail(limits, Ann, Home, 5);
        AssertWait(limits, Ann, Home, 15);
    }

    [Fact]
    public void Known_address_is_forgotten_after_its_lifetime()
    {
        var options = new SignInLimitOptions();
        var limits = new SignInLimits(options, _time);
        limits.Succeeded(Ann, Home);
        _time.Advance(options.KnownAddressLifetime);
        Fail(limits, Bob, Home, 40);
        Assert.IsType<SignInDecision.TryLater>(limits.Check(Ann, Home));
    }

    [Theory]
    [InlineData(29, "192.0.2.1", "192.0.2.200", 0)]
    [InlineData(30, "192.0.2.1", "192.0.2.200", 15)]
    [InlineData(60, "192.0.2.1", "192.0.3.1", 0)]
    [InlineData(30, "::ffff:192.0.2.1", "192.0.2.200", 15)]
    [InlineData(29, "2001:db8:1:1::1", "2001:db8:1:1::2", 0)]
    [InlineData(30, "2001:db8:1:1::1", "2001:db8:1:1::2", 15)]
    [InlineData(30, "2001:db8:1:1::1", "2001:db8:1:2::1", 0)]
    [InlineData(99, "2001:db8:1:1::1", "2001:db8:1:2::1", 0)]
    [InlineData(100, "2001:db8:1:1::1", "2001:db8:1:2::1", 15)]
    [InlineData(200, "2001:db8:1:1::1", "2001:db8:2:1::1", 0)]
    public void Networks_have_limits_of_their_own(int failures, string from, string asked, int seconds)
    {
        var limits = new SignInLimits(new SignInLimitOptions(), _time);
        for (int i = 0; i < failures; i++)
        {
            Fail(limits, $"user{i}@example.org", IPAddress.Parse(from), 1);
        }
        AssertWait(limits, Ann, IPAddress.Parse(asked), seconds);
    }

    [Fact]
    public void Host_that_changes_its_address_inside_a_64_stays_the_same_host()
    {
        var limits = new SignInLimits(new SignInLimitOptions(), _time);
        for (int i = 0; i < 5; i++)
        {
            Fail(limits, Ann, IPAddress.Parse($"2001:db8:1:1::{i}"), 1);
        }
        AssertWait(limits, Ann, IPAddress.Parse("2001:db8:1:1::abc"), 15);
    }

    [Fact]
    public void Own_account_does_not_wipe_out_the_failures_of_the_network()
    {
        var limits = new SignInLimits(new SignInLimitOptions(), _time);
        for (int i = 0; i < 30; i++)
        {
            Fail(limits, $"user{i}@example.org", Stranger, 1);
            limits.Succeeded(Bob, Stranger);
        }
        AssertWait(limits, Ann, Stranger, 15);
    }

    [Fact]
    public void Same_wrong_password_counts_once_until_it_is_a_flood()
    {
        var limits = new SignInLimits(new SignInLimitOptions { RepeatsPerUserAndAddress = 10 }, _time);
        for (int i = 0; i < 11; i++)
        {
            limits.Failed(Ann, Home, "the old one");
        }
        AssertWait(limits, Ann, Home, 0);
        for (int i = 0; i < 4; i++)
        {
            limits.Failed(Ann, Home, "the old one");
        }
        AssertWait(limits, Ann, Home, 15);
    }

    [Fact]
    public void Failure_without_a_password_always_counts()
    {
        var limits = new SignInLimits(new SignInLimitOptions(), _time);
        for (int i = 0; i < 5; i++)
        {
            limits.Failed(Ann, Home, null);
        }
        AssertWait(limits, Ann, Home, 15);
    }

    [Fact]
    public void Exempt_network_is_never_limited()
    {
        var limits = new SignInLimits(new SignInLimitOptions { Exempt = [IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("::1/128")] }, _time);
        Fail(limits, Ann, IPAddress.Loopback, 100);
        Fail(limits, Ann, IPAddress.IPv6Loopback, 100);
        Fail(limits, Ann, IPAddress.Parse("::ffff:127.0.0.2"), 100);
        AssertWait(limits, Ann, IPAddress.Loopback, 0);
        AssertWait(limits, Ann, IPAddress.IPv6Loopback, 0);
        AssertWait(limits, Ann, IPAddress.Parse("::ffff:127.0.0.2"), 0);
    }

    [Fact]
    public void Connection_without_address_counts_for_the_user()
    {
        var limits = new SignInLimits(new SignInLimitOptions(), _time);
        Fail(limits, Ann, null, 5);
        AssertWait(limits, Ann, null, 15);
        AssertWait(limits, Bob, null, 0);
        AssertWait(limits, Ann, Home, 0);
    }

    [Fact]
    public void Flood_of_invented_users_forgets_neither_the_network_nor_the_known_address()
    {
        var limits = new SignInLimits(new SignInLimitOptions { MaxEntries = 20 }, _time);
        limits.Succeeded(Ann, Home);
        for (int i = 0; i < 1_000; i++)
        {
            Fail(limits, $"user{i}@example.org", Home, 1);
        }
        AssertWait(limits, Bob, Home, 900);
        AssertWait(limits, Ann, Home, 0);
    }

    private static int _password;

    private static void Fail(SignInLimits limits, string user, IPAddress? remote, int times)
    {
        for (int i = 0; i < times; i++)
        {
            limits.Failed(user, remote, $"guess {Interlocked.Increment(ref _password)}");
        }
    }

    private static void AssertWait(SignInLimits limits, string user, IPAddress? remote, int seconds)
    {
        SignInDecision decision = limits.Check(user, remote);
        Assert.Equal(seconds == 0 ? new SignInDecision.Allowed() : new SignInDecision.TryLater(TimeSpan.FromSeconds(seconds)), decision);
    }
}
