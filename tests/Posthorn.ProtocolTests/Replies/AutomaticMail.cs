using Microsoft.Extensions.DependencyInjection;
using Posthorn.Core;
using Posthorn.Core.Accounts;
using Posthorn.Core.Forwarding;
using Posthorn.Core.Messages;
using Posthorn.Core.Queue;
using Posthorn.Core.Replies;
using Posthorn.ProtocolTests.Durability;

namespace Posthorn.ProtocolTests.Replies;

/// <summary>Sets what accounts do by themselves, and sends them mail by SMTP.</summary>
internal static class AutomaticMail
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<Account> AccountAsync(this TestServer server, string address) =>
        (await server.Services.GetRequiredService<Accounts>().GetAsync(TestServer.Administrator, address, Cancel)).Value;

    public static async Task AwayAsync(this TestServer server, string address, Vacation vacation) =>
        Assert.Null((await server.Services.GetRequiredService<Vacations>().SetAsync(TestServer.Administrator, (await server.AccountAsync(address)).Id, vacation, Cancel)).Refusal);

    /// <summary>Adds an address, takes the code out of the queue's way, and confirms it.</summary>
    public static async Task ForwardAsync(this TestServer server, string address, string target, bool keepsCopy = true)
    {
        Forwards forwards = server.Services.GetRequiredService<Forwards>();
        AccountId account = (await server.AccountAsync(address)).Id;
        string code = "";
        Assert.Null((await forwards.AddAsync(TestServer.Administrator, account, target, (_, made) => new MessageWords("code", code = made), Cancel)).Refusal);
        Assert.Null((await forwards.ConfirmAsync(TestServer.Administrator, account, target, code, static to => new MessageWords("forwarding begins", to), Cancel)).Refusal);
        Assert.Null((await forwards.KeepCopyAsync(TestServer.Administrator, account, keepsCopy, Cancel)).Refusal);
        await server.EmptyQueueAsync();
    }

    /// <summary>The last reply.</summary>
    /// <param name="server">Takes it on its port for other servers.</param>
    /// <param name="from">Reverse path.</param>
    /// <param name="to">Forward path.</param>
    /// <param name="message">Lines ended by CRLF, none of which begins with a dot.</param>
    public static async Task<string> SendAsync(this TestServer server, string from, string to, string message)
    {
        await using SmtpTalk talk = await SmtpTalk.ConnectAsync(server.Port("smtp"), Cancel);
        await talk.SayAsync($"MAIL FROM:<{from}>", Cancel);
        string reply = await talk.SayAsync($"RCPT TO:<{to}>", Cancel);
        if (!reply.StartsWith("250", StringComparison.Ordinal))
        {
            return reply;
        }

        await talk.SayAsync("DATA", Cancel);
        return await talk.SayAsync(message + ".", Cancel);
    }

    /// <summary>Waits until nothing is on its way any more.</summary>
    public static async Task EmptyQueueAsync(this TestServer server)
    {
        while ((await server.Services.GetRequiredService<MailQueue>().ListAsync(TestServer.Administrator, Cancel)).Value.Count > 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancel);
        }
    }
}
