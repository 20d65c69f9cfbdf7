using System.Net;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Security;
using Posthorn.Standards.Sasl;
using Posthorn.Tests.Standards.Sasl;

namespace Posthorn.Tests.Core.Security;

/// <summary>App passwords open what they are for, and nothing else; the account's password stays out where it is told to.</summary>
public sealed class AppPasswordTests : IAsyncLifetime
{
    private const string Address = "you@example.test";
    private const string Password = "correct horse battery";

    private static readonly Actor Operator = Actor.System("test");

    private TestStore _store = null!;

    private AppPasswords AppPasswords => _store.Get<AppPasswords>();

    private Credentials Credentials => _store.Get<Credentials>();

    private Posthorn.Core.Accounts.Accounts Accounts => _store.Get<Posthorn.Core.Accounts.Accounts>();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _store = await TestStore.OpenAsync();
        _ = (await Accounts.SetPasswordAsync(Operator, Address, Password, Cancel)).Value;
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Theory]
    [InlineData("imap", AppScopes.Imap, true)]
    [InlineData("pop3", AppScopes.Imap, false)]
    [InlineData("submission", AppScopes.Imap, false)]
    [InlineData("pop3", AppScopes.Pop3, true)]
    [InlineData("submission", AppScopes.Smtp | AppScopes.Imap, true)]
    [InlineData("web", AppScopes.All, false)]
    public async Task It_opens_the_protocols_of_its_scope(string protocol, AppScopes scopes, bool opens)
    {
        NewAppPassword made = await AddAsync("phone", scopes);
        SignIn signIn = await CheckAsync(made.Secret, protocol);
        Assert.Equal(opens ? scopes : null, (signIn as SignIn.Accepted)?.Scopes);
        Assert.Equal(opens, signIn is SignIn.Accepted);
        Assert.Equal(opens, await ScramAsync(made.Secret, protocol) is SignIn.Accepted);
        Assert.IsType<SignIn.Accepted>(await CheckAsync(Password, protocol));
    }

    [Fact]
    public async Task It_is_typed_with_spaces_hyphens_and_capitals()
    {
        string secret = (await AddAsync("phone", AppScopes.Imap)).Secret;
        string typed = string.Join(' ', secret.Chunk(4).Select(part => new string(part))).ToUpperInvariant();
        Assert.IsType<SignIn.Accepted>(await CheckAsync(typed, "imap"));
        Assert.IsType<SignIn.Accepted>(await CheckAsync(typed.Replace(' ', '-'), "imap"));
        Assert.IsType<SignIn.Wrong>(await CheckAsync(secret[1..] + "a", "imap"));
    }

    [Fact]
    public async Task The_store_holds_no_secret_and_the_list_tells_none()
    {
        NewAppPassword made = await AddAsync("phone", AppScopes.Imap);
        await _store.Store.ReadAsync(
            _store.Account,
            async session =>
            {
                var row = Assert.Single(await session.Security.AppPasswordsAsync(_store.Account));
                Assert.DoesNotContain(made.Secret, row.Scram + Convert.ToHexString(row.Hash) + row, StringComparison.OrdinalIgnoreCase);
                return true;
            },
            Cancel);
        Assert.DoesNotContain(made.Secret, made.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_ends_on_its_day()
    {
        DateTimeOffset end = _store.Time.GetUtcNow().AddDays(30);
        string secret = (await AppPasswords.AddAsync(_store.Actor, _store.Account, "phone", AppScopes.Imap, end, Cancel)).Value.Secret;
        Assert.IsType<SignIn.Accepted>(await CheckAsync(secret, "imap"));
        _store.Time.Advance(TimeSpan.FromDays(30));
        Assert.IsType<SignIn.Wrong>(await CheckAsync(secret, "imap"));
        Assert.IsType<SignIn.Wrong>(await ScramAsync(secret, "imap"));
    }

    [Fact]
    public async Task Removed_it_opens_nothing_and_its_sessions_end()
    {
        string secret = (await AddAsync("phone", AppScopes.Imap)).Secret;
        var accepted = Assert.IsType<SignIn.Accepted>(await CheckAsync(secret, "imap"));
        int ended = 0, others = 0;
        using SignedInSession session = Enter(accepted, () => ended++);
        using SignedInSession other = Enter(Assert.IsType<SignIn.Accepted>(await CheckAsync(Password, "imap")), () => others++);
        Assert.Equal("phone", (await AppPasswords.RemoveAsync(_store.Actor, _store.Account, password => password.Name == "phone", Cancel)).Value.Name);
        Assert.Equal((1, 0), (ended, others));
        Assert.IsType<SignIn.Wrong>(await CheckAsync(secret, "imap"));
        Assert.IsType<Refusal.NotFound>((await AppPasswords.RemoveAsync(_store.Actor, _store.Account, _ => true, Cancel)).Refusal);
    }

    [Fact]
    public async Task Only_by_app_password_keeps_the_account_s_password_out_of_mail_and_ends_what_it_opened()
    {
        string secret = (await AddAsync("phone", AppScopes.Imap)).Secret;
        int ended = 0, apps = 0;
        using SignedInSession byPassword = Enter(Assert.IsType<SignIn.Accepted>(await CheckAsync(Password, "imap")), () => ended++);
        using SignedInSession byApp = Enter(Assert.IsType<SignIn.Accepted>(await CheckAsync(secret, "imap")), () => apps++);
        _ = (await AppPasswords.RequireAsync(_store.Actor, _store.Account, true, Cancel)).Value;
        Assert.Equal((1, 0), (ended, apps));
        Assert.IsType<SignIn.Wrong>(await CheckAsync(Password, "imap"));
        Assert.IsType<SignIn.Wrong>(await ScramAsync(Password, "imap"));
        Assert.IsType<SignIn.Accepted>(await CheckAsync(Password, "web"));
        Assert.IsType<SignIn.Accepted>(await ScramAsync(secret, "imap"));
        _ = (await AppPasswords.RequireAsync(_store.Actor, _store.Account, false, Cancel)).Value;
        Assert.IsType<SignIn.Accepted>(await CheckAsync(Password, "imap"));
    }

    [Fact]
    public async Task It_outlives_a_new_password_of_the_account_with_scram_too()
    {
        string secret = (await AddAsync("phone", AppScopes.Imap)).Secret;
        _ = (await Accounts.SetOwnPasswordAsync(_store.Actor, "another password of mine", Cancel)).Value;
        Assert.IsType<SignIn.Accepted>(await ScramAsync(secret, "imap"));
        Assert.IsType<SignIn.Accepted>(await ScramAsync("another password of mine", "imap"));
        Assert.IsType<SignIn.Wrong>(await ScramAsync(Password, "imap"));
    }

    [Fact]
    public async Task A_proof_counts_no_more_when_its_app_password_was_removed_meanwhile()
    {
        string secret = (await AddAsync("phone", AppScopes.Imap)).Secret;
        SaslStep.Succeeded proved = Assert.IsType<SaslStep.Succeeded>(await ProveAsync(secret, "imap"));
        _ = (await AppPasswords.RemoveAsync(_store.Actor, _store.Account, _ => true, Cancel)).Value;
        Assert.IsType<SignIn.Wrong>(await Credentials.CompleteScramAsync(Address, proved.Keys, "imap", IPAddress.Loopback, Cancel));
    }

    [Theory]
    [InlineData("", AppScopes.Imap)]
    [InlineData("a\nb", AppScopes.Imap)]
    [InlineData("phone", AppScopes.None)]
    [InlineData("phone", (AppScopes)64)]
    public async Task What_makes_no_sense_is_refused(string name, AppScopes scopes) =>
        Assert.IsType<Refusal.Invalid>((await AppPasswords.AddAsync(_store.Actor, _store.Account, name, scopes, null, Cancel)).Refusal);

    [Fact]
    public async Task Names_are_one_of_a_kind_and_their_number_has_a_limit()
    {
        await AddAsync("phone", AppScopes.Imap);
        Assert.IsType<Refusal.AlreadyExists>((await AppPasswords.AddAsync(_store.Actor, _store.Account, "Phone", AppScopes.Imap, null, Cancel)).Refusal);
        for (int i = 1; i < AppPasswords.Most; i++)
        {
            await AddAsync($"app {i}", AppScopes.Imap);
        }

        Assert.IsType<Refusal.Limit>((await AppPasswords.AddAsync(_store.Actor, _store.Account, "one more", AppScopes.Imap, null, Cancel)).Refusal);
    }

    [Fact]
    public async Task Neither_others_nor_apps_change_how_an_account_is_guarded()
    {
        Actor stranger = _store.Actor with { Principal = new AccountId(4711) }, app = _store.Actor with { Scopes = AppScopes.All };
        foreach (Actor actor in new[] { stranger, app })
        {
            Assert.IsType<Refusal.Denied>((await AppPasswords.AddAsync(actor, _store.Account, "phone", AppScopes.Imap, null, Cancel)).Refusal);
            Assert.IsType<Refusal.Denied>((await AppPasswords.ListAsync(actor, _store.Account, Cancel)).Refusal);
            Assert.IsType<Refusal.Denied>((await AppPasswords.RequireAsync(actor, _store.Account, true, Cancel)).Refusal);
        }
    }

    [Theory]
    [InlineData(AppScopes.Imap, Right.Write, true)]
    [InlineData(AppScopes.Imap, Right.Send, false)]
    [InlineData(AppScopes.Imap, Right.Administer, false)]
    [InlineData(AppScopes.Pop3, Right.Read, true)]
    [InlineData(AppScopes.Pop3, Right.Expunge, true)]
    [InlineData(AppScopes.Pop3, Right.Insert, false)]
    [InlineData(AppScopes.Smtp, Right.Send, true)]
    [InlineData(AppScopes.Smtp, Right.Read, false)]
    public void Rights_end_where_the_scope_does(AppScopes scopes, Right right, bool allowed)
    {
        Actor actor = _store.Actor with { Scopes = scopes, IsAdministrator = true };
        Assert.Equal(allowed, Rights.Check(actor, right == Right.Administer ? AccountId.Store : _store.Account, right) is null);
    }

    [Fact]
    public async Task Its_last_use_is_told()
    {
        string secret = (await AddAsync("phone", AppScopes.Imap)).Secret;
        SignedInSession session = Enter(Assert.IsType<SignIn.Accepted>(await CheckAsync(secret, "imap")), () => { });
        session.Record("Thunderbird 140");
        session.Dispose();
        SignInRecord record = Assert.Single((await _store.Get<SignInHistory>().ListAsync(_store.Actor, _store.Account, Cancel)).Value);
        Assert.Equal(("imap", "Thunderbird 140", "192.0.2.7", "phone"), (record.Protocol, record.Client, record.Address, record.Credential));
        AppPassword used = Assert.Single((await AppPasswords.ListAsync(_store.Actor, _store.Account, Cancel)).Value);
        Assert.Equal((_store.Time.GetUtcNow(), "imap", "192.0.2.7"), (used.Used!.Value, used.UsedProtocol, used.UsedAddress));
    }

    private SignedInSession Enter(SignIn.Accepted signIn, Action end) =>
        _store.Get<SignedInSessions>().Enter(new Actor(_store.Account, "imap", "1", IPAddress.Parse("192.0.2.7")), signIn, end);

    private async Task<NewAppPassword> AddAsync(string name, AppScopes scopes) =>
        (await AppPasswords.AddAsync(_store.Actor, _store.Account, name, scopes, null, Cancel)).Value;

    private async Task<SignIn> CheckAsync(string password, string protocol) =>
        await Credentials.CheckPasswordAsync(Address, password, protocol, IPAddress.Loopback, Cancel);

    private async Task<SaslStep> ProveAsync(string password, string protocol) => new ScramClient(Address, password, "n,,", []).Run(
        new ScramExchange(isPlus: false, null), (await Credentials.ScramKeysAsync(Address, protocol, IPAddress.Loopback, Cancel))!);

    private async Task<SignIn> ScramAsync(string password, string protocol) =>
        await Credentials.CompleteScramAsync(Address, (await ProveAsync(password, protocol) as SaslStep.Succeeded)?.Keys, protocol, IPAddress.Loopback, Cancel);
}
