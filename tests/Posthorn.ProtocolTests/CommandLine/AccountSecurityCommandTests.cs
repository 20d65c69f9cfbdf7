using Microsoft.Extensions.DependencyInjection;
using OtpNet;
using Posthorn.Administration;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Security;

namespace Posthorn.ProtocolTests.CommandLine;

/// <summary>App passwords and two-step sign-in by the command line, with a server that runs and without.</summary>
public sealed class AccountSecurityCommandTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task App_passwords_are_made_listed_and_removed(bool withServer)
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer);
        AppPasswordSecret made = await store.RunAsync(SecurityOperations.AddAppPassword, new AppPasswordAddRequest(AdministeredStore.Address, "phone", ["imap", "smtp"]));
        Assert.Equal(26, made.Secret.Length);
        AppPasswordInfo info = Assert.Single(await store.RunAsync(SecurityOperations.ListAppPasswords, new AccountRequest(AdministeredStore.Address)));
        Assert.Equal(("phone", "imap smtp"), (info.Name, string.Join(' ', info.Scopes)));
        Assert.Equal("phone", (await store.RunAsync(SecurityOperations.RemoveAppPassword, new AppPasswordRequest(AdministeredStore.Address, "Phone"))).Name);
        Assert.Empty(await store.RunAsync(SecurityOperations.ListAppPasswords, new AccountRequest(AdministeredStore.Address)));
    }

    [Fact]
    public async Task A_scope_that_is_none_is_named()
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer: false);
        Assert.Contains("\"dav\" is no scope", await store.RefusalAsync(
            SecurityOperations.AddAppPassword, new AppPasswordAddRequest(AdministeredStore.Address, "phone", ["dav"])), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Two_step_is_turned_off_for_who_lost_the_app(bool withServer)
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer);
        await store.UseAsync(async services =>
        {
            Account account = (await services.GetRequiredService<Accounts>().GetAsync(AdministeredStore.Operator, AdministeredStore.Address, Cancel)).Value;
            byte[] secret = TotpCode.NewSecret();
            Assert.True((await services.GetRequiredService<TwoStep>().TurnOnAsync(new Actor(account.Id, "web", "1", null), secret, new Totp(secret).ComputeTotp(), Cancel)).IsOk);
        });
        await store.RunAsync(SecurityOperations.TwoStepOff, new AccountRequest(AdministeredStore.Address));
        await store.UseAsync(async services => Assert.IsType<SignIn.Accepted>(
            await services.GetRequiredService<Credentials>().CheckPasswordAsync(AdministeredStore.Address, "secret-password", "imap", null, Cancel)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Sign_ins_are_listed_with_the_reason_of_each_refusal(bool withServer)
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer);
        await store.UseAsync(async services =>
        {
            await services.GetRequiredService<Credentials>().CheckPasswordAsync("nobody@example.test", "x", "pop3", System.Net.IPAddress.Loopback, Cancel);
            await services.GetRequiredService<SignInLog>().FlushAsync(Cancel);
        });
        SignInsInfo found = await store.RunAsync(SecurityOperations.SignIns, new SignInsRequest("nobody", RefusedOnly: true));
        SignInInfo line = Assert.Single(found.Lines);
        Assert.Equal(("nobody@example.test", "pop3", "127.0.0.1", true, "there is no such account"), (line.Account, line.Protocol, line.Address, line.Refused, line.Outcome));
        Assert.False(found.More);
        Assert.Empty((await store.RunAsync(SecurityOperations.SignIns, new SignInsRequest(AdministeredStore.Address))).Lines);
        Assert.Contains("counted from 1", await store.RefusalAsync(SecurityOperations.SignIns, new SignInsRequest(Page: 0)), StringComparison.Ordinal);
    }
}
