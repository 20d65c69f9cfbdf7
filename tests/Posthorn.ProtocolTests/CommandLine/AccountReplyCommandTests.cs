using Microsoft.Extensions.DependencyInjection;
using Posthorn.Administration;
using Posthorn.Core.Accounts;
using Posthorn.Core.Forwarding;
using Posthorn.Core.Messages;

namespace Posthorn.ProtocolTests.CommandLine;

/// <summary>Vacation replies and forwarding by the command line, with a server that runs and without.</summary>
public sealed class AccountReplyCommandTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_vacation_reply_is_turned_on_shown_and_turned_off(bool withServer)
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer);
        Assert.Equal("off", (await store.RunAsync(ReplyOperations.ShowVacation, new AccountRequest(AdministeredStore.Address))).State);
        VacationInfo on = await store.RunAsync(ReplyOperations.VacationOn, new VacationOnRequest(
            AdministeredStore.Address, "Away.", "Not here", new DateOnly(2020, 1, 1), null, "Europe/Berlin", 3, "other", "Away, outside."));
        Assert.Equal(("on", "Europe/Berlin", 3, "other"), (on.State, on.Zone, on.Days, on.Outside));
        Assert.Equal(on, await store.RunAsync(ReplyOperations.ShowVacation, new AccountRequest(AdministeredStore.Address)));
        Assert.Equal("over", (await store.RunAsync(ReplyOperations.VacationOn, new VacationOnRequest(AdministeredStore.Address, "Away.", Last: new DateOnly(2020, 1, 2)))).State);
        await store.RunAsync(ReplyOperations.VacationOff, new AccountRequest(AdministeredStore.Address));
        VacationInfo off = await store.RunAsync(ReplyOperations.ShowVacation, new AccountRequest(AdministeredStore.Address));
        Assert.Equal(("off", "Away."), (off.State, off.Text));
    }

    [Fact]
    public async Task What_makes_no_sense_is_refused_in_words()
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer: false);
        Assert.Contains("needs a text", await store.RefusalAsync(
            ReplyOperations.VacationOn, new VacationOnRequest(AdministeredStore.Address, "")), StringComparison.Ordinal);
        Assert.Contains("same, other, none", await store.RefusalAsync(
            ReplyOperations.VacationOn, new VacationOnRequest(AdministeredStore.Address, "x", Outside: "some")), StringComparison.Ordinal);
        Assert.Contains("nobody@example.test", await store.RefusalAsync(ReplyOperations.ForwardingOff, new AccountRequest("nobody@example.test")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Forwarding_is_shown_ended_and_allowed_again(bool withServer)
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer);
        await store.UseAsync(async services =>
        {
            Account account = (await services.GetRequiredService<Accounts>().GetAsync(AdministeredStore.Operator, AdministeredStore.Address, Cancel)).Value;
            var forwards = services.GetRequiredService<Forwards>();
            string code = "";
            Assert.Null((await forwards.AddAsync(AdministeredStore.Operator, account.Id, "me@there.test", (_, made) => new MessageWords("x", code = made), Cancel)).Refusal);
            Assert.Null((await forwards.ConfirmAsync(AdministeredStore.Operator, account.Id, "me@there.test", code, static to => new MessageWords("x", to), Cancel)).Refusal);
        });
        ForwardingInfo info = await store.RunAsync(ReplyOperations.ShowForwarding, new AccountRequest(AdministeredStore.Address));
        Assert.Equal((true, false, true, "me@there.test"), (info.On, info.Barred, info.KeepsCopy, Assert.Single(info.Addresses).Address));
        await store.RunAsync(ReplyOperations.ForwardingOff, new AccountRequest(AdministeredStore.Address));
        info = await store.RunAsync(ReplyOperations.ShowForwarding, new AccountRequest(AdministeredStore.Address));
        Assert.Equal((false, true), (info.On, info.Barred));
        await store.RunAsync(ReplyOperations.ForwardingAllow, new AccountRequest(AdministeredStore.Address));
        Assert.True((await store.RunAsync(ReplyOperations.ShowForwarding, new AccountRequest(AdministeredStore.Address))).On);
    }
}
