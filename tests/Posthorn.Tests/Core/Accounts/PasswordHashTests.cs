using Posthorn.Core.Accounts;

namespace Posthorn.Tests.Core.Accounts;

public sealed class PasswordHashTests
{
    /// <summary>The least that RFC 9106 §3.1 allows.</summary>
    private static readonly Argon2Parameters Small = new(8, 1);

    [Fact]
    public void Hash_survives_its_text_and_matches_its_password_only()
    {
        string text = PasswordHash.Create("correct horse", Small).Format();
        Assert.Matches(@"^\$argon2id\$v=19\$m=8,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$", text);
        Assert.True(PasswordHash.TryParse(text, out PasswordHash? hash));
        Assert.Equal(text, hash.Format());
        Assert.True(hash.Matches("correct horse"));
        Assert.False(hash.Matches("correct horse "));
        Assert.False(hash.Matches(""));
        Assert.False(hash.Matches("a\u0007"));
        Assert.DoesNotContain("argon2id", hash.ToString()!, StringComparison.Ordinal);
    }

    [Theory]
    // Made by the argon2 program of the reference implementation.
    [InlineData("$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$T95q7S205tf9WI4HhYOZDIQmMMAbntacGXTIku0gXT8", "password")]
    [InlineData("$argon2id$v=19$m=64,t=3,p=1$MDEyMzQ1Njc4OWFiY2RlZg$vWwm11PURVAoXfIU0mM0Ck4w8uITkefe", "p\u00e4ss")]
    public void Hashes_of_the_reference_implementation_match(string text, string password)
    {
        Assert.True(PasswordHash.TryParse(text, out PasswordHash? hash));
        Assert.True(hash.Matches(password));
        Assert.Equal(text, hash.Format());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("secret")]
    [InlineData("$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc")]
    [InlineData("$argon2id$v=16$m=8,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc")]
    [InlineData("$argon2id$v=19$m=7,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc")]
    [InlineData("$argon2id$v=19$m=8,t=0,p=1$c2FsdHNhbHRzYWx0c2FsdA$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc")]
    [InlineData("$argon2id$v=19$m=8,t=1,p=2$c2FsdHNhbHRzYWx0c2FsdA$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc")]
    [InlineData("$argon2id$v=19$m=8,t=1$c2FsdHNhbHRzYWx0c2FsdA$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc")]
    [InlineData("$argon2id$v=19$t=1,m=8,p=1$c2FsdHNhbHRzYWx0c2FsdA$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc")]
    [InlineData("$argon2id$v=19$m=2000000000,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc")]
    [InlineData("$argon2id$v=19$m=8,t=1000,p=1$c2FsdHNhbHRzYWx0c2FsdA$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc")]
    [InlineData("$argon2id$v=19$m=-8,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc")]
    // A salt of 8 octets: RFC 9106 allows it, libsodium does not.
    [InlineData("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc")]
    [InlineData("$argon2id$v=19$m=8,t=1,p=1$c29t$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc")]
    [InlineData("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$bQk8")]
    [InlineData("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA")]
    [InlineData("$argon2id$v=19$m=8,t=1,p=1$c2F!dHNhbHRzYWx0c2FsdA$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc")]
    [InlineData("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA=$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc=")]
    public void Text_that_holds_no_hash_is_refused(string? text) => Assert.False(PasswordHash.TryParse(text, out _));

    [Theory]
    [InlineData("")]
    [InlineData("a\u0007")]
    [InlineData("\u00ad")]
    public void Password_that_saslprep_refuses_has_no_hash(string password) =>
        Assert.Throws<ArgumentException>(() => PasswordHash.Create(password, Small));

    [Fact]
    public void Other_parameters_need_a_rehash()
    {
        PasswordHash hash = PasswordHash.Create("pencil", Small);
        Assert.False(hash.NeedsRehash(Small));
        Assert.True(hash.NeedsRehash(Small with { Passes = 2 }));
        Assert.True(hash.NeedsRehash(Argon2Parameters.Default));
    }

    [Fact]
    public async Task Verifier_checks_stored_unknown_and_unreadable()
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        using var verifier = new PasswordVerifier(Small);
        string stored = await verifier.HashAsync("pencil", cancel);
        Assert.True(await verifier.VerifyAsync(stored, "pencil", cancel));
        Assert.False(await verifier.VerifyAsync(stored, "pen", cancel));

        // Who does not exist costs as much as who does.
        long before = verifier.Computed;
        Assert.False(await verifier.VerifyAsync(null, "pencil", cancel));
        Assert.False(await verifier.VerifyAsync(null, "", cancel));
        Assert.False(await verifier.VerifyAsync("garbage", "pencil", cancel));
        Assert.Equal(3, verifier.Computed - before);
        Assert.False(verifier.NeedsRehash(stored));
        Assert.True(verifier.NeedsRehash("garbage"));
    }

    [Fact]
    public async Task Verifier_keeps_to_its_concurrency_and_lets_those_that_wait_go()
    {
        using var verifier = new PasswordVerifier(Small, concurrency: 1);
        string stored = await verifier.HashAsync("pencil", TestContext.Current.CancellationToken);
        Assert.Equal(1, verifier.Concurrency);
        bool[] found = await Task.WhenAll(
            Enumerable.Range(0, 50).Select(i => verifier.VerifyAsync(stored, i % 2 == 0 ? "pencil" : "pen", TestContext.Current.CancellationToken).AsTask()));
        Assert.Equal(25, found.Count(isRight => isRight));
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await verifier.VerifyAsync(stored, "pencil", gone.Token));
        Assert.True(await verifier.VerifyAsync(stored, "pencil", TestContext.Current.CancellationToken));
    }
}
