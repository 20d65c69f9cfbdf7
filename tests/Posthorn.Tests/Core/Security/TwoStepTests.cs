using System.Net;
using OtpNet;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Security;
using Posthorn.Core.Storage;

namespace Posthorn.Tests.Core.Security;

/// <summary>The second step of a sign-in: codes of an app count once and near their time, recovery codes once.</summary>
public sealed class TwoStepTests : IAsyncLifetime
{
    private const string Address = "you@example.test";
    private const string Password = "correct horse battery";

    private static readonly Actor Operator = Actor.System("test");

    private readonly byte[] _secret = TotpCode.NewSecret();
    private TestStore _store = null!;

    private TwoStep TwoStep => _store.Get<TwoStep>();

    private Credentials Credentials => _store.Get<Credentials>();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _store = await TestStore.OpenAsync();
        _ = (await _store.Get<Posthorn.Core.Accounts.Accounts>().SetPasswordAsync(Operator, Address, Password, Cancel)).Value;
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Theory]
    // RFC 6238 appendix B, the last six of its eight digits.
    [InlineData(59, "287082")]
    [InlineData(1111111109, "081804")]
    [InlineData(20000000000, "353130")]
    public void Codes_are_those_of_rfc_6238(long time, string code)
    {
        byte[] secret = "12345678901234567890"u8.ToArray();
        Assert.Equal(time / TotpCode.Step, TotpCode.StepOf(secret, code, DateTimeOffset.FromUnixTimeSeconds(time)));
    }

    [Fact]
    public void The_address_for_the_app_names_service_and_account() => Assert.Equal(
        "otpauth://totp/mx.example.test:you%40example.test?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=mx.example.test",
        TotpCode.Uri("12345678901234567890"u8.ToArray(), "mx.example.test", Address));

    [Fact]
    public async Task The_password_leads_to_the_second_step_alone_and_opens_no_mail_app()
    {
        await TurnOnAsync();
        SignIn.SecondStep step = Assert.IsType<SignIn.SecondStep>(await CheckAsync(Password, "web"));
        Assert.IsType<SignIn.Wrong>(await CheckAsync(Password, "imap"));
        Assert.IsType<SignIn.Wrong>(await CheckAsync("wrong", "web"));
        _store.Time.Advance(TimeSpan.FromSeconds(TotpCode.Step));
        Assert.Equal(Address, Assert.IsType<SignIn.Accepted>(await CompleteAsync(Code(), step.Account)).Account.Address);
        Assert.IsType<SignIn.Accepted>(await Credentials.ConfirmAsync(step.Account, Password, "web", null, Cancel));
    }

    [Fact]
    public async Task A_code_counts_once_and_none_before_it()
    {
        await TurnOnAsync();
        Account account = await AccountAsync();
        Assert.IsType<SignIn.Wrong>(await CompleteAsync(Code(), account));
        _store.Time.Advance(TimeSpan.FromSeconds(TotpCode.Step * 2));
        string earlier = Code(-TotpCode.Step), now = Code();
        Assert.IsType<SignIn.Accepted>(await CompleteAsync(now, account));
        Assert.IsType<SignIn.Wrong>(await CompleteAsync(now, account));
        Assert.IsType<SignIn.Wrong>(await CompleteAsync(earlier, account));
        _store.Time.Advance(TimeSpan.FromSeconds(TotpCode.Step));
        Assert.IsType<SignIn.Accepted>(await CompleteAsync(Code(), account));
    }

    [Theory]
    [InlineData(-TotpCode.Step, true)]
    [InlineData(TotpCode.Step, true)]
    [InlineData(-3 * TotpCode.Step, false)]
    [InlineData(3 * TotpCode.Step, false)]
    public async Task A_clock_may_be_half_a_minute_off(int seconds, bool counts)
    {
        await TurnOnAsync();
        _store.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(counts, await CompleteAsync(Code(seconds), await AccountAsync()) is SignIn.Accepted);
    }

    [Fact]
    public async Task A_recovery_code_counts_once_however_it_is_typed()
    {
        IReadOnlyList<string> codes = await TurnOnAsync();
        Assert.Equal(10, codes.Distinct().Count());
        Account account = await AccountAsync();
        Assert.Equal("recovery code", Assert.IsType<SignIn.Accepted>(await CompleteAsync(codes[3].ToUpperInvariant().Replace('-', ' '), account)).By);
        Assert.IsType<SignIn.Wrong>(await CompleteAsync(codes[3], account));
        Assert.Equal(9, (await TwoStep.StateAsync(_store.Actor, _store.Account, Cancel)).Value.RecoveryCodesLeft);
        IReadOnlyList<string> renewed = (await TwoStep.RenewRecoveryCodesAsync(_store.Actor, Cancel)).Value;
        Assert.IsType<SignIn.Wrong>(await CompleteAsync(codes[4], account));
        Assert.IsType<SignIn.Accepted>(await CompleteAsync(renewed[0], account));
    }

    [Fact]
    public async Task Guessing_is_slowed_down_for_the_account_wherever_it_comes_from()
    {
        await TurnOnAsync();
        Account account = await AccountAsync();
        for (int i = 0; i < 5; i++)
        {
            Assert.IsType<SignIn.Wrong>(await TwoStep.CompleteAsync(account.Id, account.CredentialVersion, $"00000{i}", "web", IPAddress.Parse($"192.0.2.{i}"), Cancel));
        }

        _store.Time.Advance(TimeSpan.FromSeconds(TotpCode.Step / 3));
        Assert.IsType<SignIn.TryLater>(await TwoStep.CompleteAsync(account.Id, account.CredentialVersion, Code(), "web", IPAddress.Parse("198.51.100.1"), Cancel));
        // The password being right again does not wipe the count out.
        Assert.IsType<SignIn.SecondStep>(await CheckAsync(Password, "web"));
        Assert.IsType<SignIn.TryLater>(await CompleteAsync(Code(), account));
    }

    [Fact]
    public async Task Guesses_that_are_under_way_at_once_do_not_pass_together()
    {
        await TurnOnAsync();
        Account account = await AccountAsync();
        using var opened = new ManualResetEventSlim();
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // What is written waits behind this.
        Task<Done> held = Task.Run(() => _store.Get<IStore>().WriteAsync(
            new[] { account.Id },
            _ =>
            {
                entered.TrySetResult();
                opened.Wait(Cancel);
                return ValueTask.FromResult(Done.Value);
            },
            Cancel).AsTask());
        await entered.Task;
        Task<SignIn>[] guesses = [.. Enumerable.Range(0, 200).Select(number => CompleteAsync($"{number:000000}", account))];
        opened.Set();
        await held;
        SignIn[] answers = await Task.WhenAll(guesses);
        Assert.Equal(new SignInLimitOptions().FailuresPerUserAndAddress, answers.Count(static answer => answer is SignIn.Wrong));
        Assert.Equal(200, answers.Count(static answer => answer is SignIn.Wrong or SignIn.TryLater));
    }

    [Fact]
    public async Task A_first_step_with_an_old_password_is_worthless()
    {
        await TurnOnAsync();
        Account before = await AccountAsync();
        _ = (await _store.Get<Posthorn.Core.Accounts.Accounts>().SetPasswordAsync(Operator, Address, "another password", Cancel)).Value;
        _store.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.IsType<SignIn.Wrong>(await CompleteAsync(Code(), before));
        Assert.IsType<SignIn.Accepted>(await CompleteAsync(Code(), await AccountAsync()));
    }

    [Fact]
    public async Task It_is_turned_on_only_by_a_code_and_off_by_owner_or_administrator_alone()
    {
        Assert.IsType<Refusal.Invalid>((await TwoStep.TurnOnAsync(_store.Actor, _secret, "000000", Cancel)).Refusal);
        Assert.IsType<Refusal.Invalid>((await TwoStep.TurnOnAsync(_store.Actor, [1, 2, 3], Code(), Cancel)).Refusal);
        await TurnOnAsync();
        Assert.IsType<Refusal.Denied>((await TwoStep.TurnOffAsync(_store.Actor with { Principal = new AccountId(99) }, _store.Account, Cancel)).Refusal);
        _ = (await TwoStep.TurnOffAsync(Operator, _store.Account, Cancel)).Value;
        Assert.False((await TwoStep.StateAsync(_store.Actor, _store.Account, Cancel)).Value.IsOn);
        Assert.IsType<SignIn.Accepted>(await CheckAsync(Password, "imap"));
        Assert.IsType<Refusal.Invalid>((await TwoStep.RenewRecoveryCodesAsync(_store.Actor, Cancel)).Refusal);
    }

    private async Task<IReadOnlyList<string>> TurnOnAsync() => (await TwoStep.TurnOnAsync(_store.Actor, _secret, Code(), Cancel)).Value;

    private string Code(int seconds = 0) => new Totp(_secret).ComputeTotp(_store.Time.GetUtcNow().UtcDateTime.AddSeconds(seconds));

    private async Task<Account> AccountAsync() => (await _store.Get<Posthorn.Core.Accounts.Accounts>().OwnAsync(_store.Actor, Cancel)).Value;

    private async Task<SignIn> CheckAsync(string password, string protocol) =>
        await Credentials.CheckPasswordAsync(Address, password, protocol, IPAddress.Loopback, Cancel);

    private async Task<SignIn> CompleteAsync(string code, Account account) =>
        await TwoStep.CompleteAsync(account.Id, account.CredentialVersion, code, "web", IPAddress.Loopback, Cancel);
}
