using Microsoft.Extensions.Time.Testing;
using Posthorn.Core;
using Posthorn.Core.Accounts;

namespace Posthorn.Tests.Core.Accounts;

public sealed class CredentialCacheTests
{
    private static readonly AccountId Ann = new(1);
    private static readonly AccountId Bob = new(2);

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void What_was_verified_is_known_until_it_expires()
    {
        var cache = new CredentialCache(CredentialCache.DefaultLifetime, 10, _time);
        Assert.False(cache.IsVerified(Ann, 1, "pencil"));
        cache.Remember(Ann, 1, "pencil");
        _time.Advance(CredentialCache.DefaultLifetime - TimeSpan.FromSeconds(1));
        Assert.True(cache.IsVerified(Ann, 1, "pencil"));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(cache.IsVerified(Ann, 1, "pencil"));
        Assert.Equal(0, cache.Count);
    }

    [Fact]
    public void Only_the_same_account_version_and_password_are_known()
    {
        var cache = new CredentialCache(CredentialCache.DefaultLifetime, 10, _time);
        cache.Remember(Ann, 1, "pencil");
        Assert.False(cache.IsVerified(Bob, 1, "pencil"));
        Assert.False(cache.IsVerified(Ann, 2, "pencil"));
        Assert.False(cache.IsVerified(Ann, 1, "pen"));
        Assert.False(cache.IsVerified(Ann, 1, ""));
    }

    [Fact]
    public void A_changed_password_drops_all_of_the_account_and_nothing_else()
    {
        var cache = new CredentialCache(CredentialCache.DefaultLifetime, 10, _time);
        cache.Remember(Ann, 1, "pencil");
        cache.Remember(Ann, 1, "app password");
        cache.Remember(Bob, 1, "pencil");
        cache.Forget(Ann);
        Assert.False(cache.IsVerified(Ann, 1, "pencil"));
        Assert.False(cache.IsVerified(Ann, 1, "app password"));
        Assert.True(cache.IsVerified(Bob, 1, "pencil"));
    }

    [Fact]
    public void A_verification_that_ends_after_the_change_is_of_no_use()
    {
        var cache = new CredentialCache(CredentialCache.DefaultLifetime, 10, _time);
        cache.Forget(Ann);
        cache.Remember(Ann, 1, "old");
        Assert.False(cache.IsVerified(Ann, 2, "old"));
    }

    [Fact]
    public void The_size_is_bounded_and_what_is_used_stays()
    {
        var cache = new CredentialCache(CredentialCache.DefaultLifetime, 3, _time);
        cache.Remember(Ann, 1, "pencil");
        for (int i = 0; i < 100; i++)
        {
            cache.Remember(Bob, 1, $"password {i}");
            Assert.True(cache.IsVerified(Ann, 1, "pencil"));
        }
        Assert.Equal(3, cache.Count);
        Assert.True(cache.IsVerified(Bob, 1, "password 99"));
        Assert.False(cache.IsVerified(Bob, 1, "password 0"));
    }
}
