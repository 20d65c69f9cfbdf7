using System.Security.Cryptography;
using Posthorn.Administration;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;

namespace Posthorn.Demo;

/// <summary>Fills the demo's store once: a domain, two accounts, sample mail. The second start finds it all as it was left.</summary>
internal static class DemoStore
{
    public const string Domain = "example.test";
    public const string You = "you@example.test";
    public const string Friend = "friend@example.test";

    /// <returns>The password of both accounts.</returns>
    public static async Task<string> PrepareAsync(IServiceProvider services, string folder, CancellationToken cancel)
    {
        string path = Path.Combine(folder, "demo-password");
        var actor = Actor.System("demo");
        Accounts accounts = services.GetRequiredService<Accounts>();
        if (File.Exists(path) && (await accounts.GetAsync(actor, Friend, cancel)).IsOk)
        {
            return (await File.ReadAllTextAsync(path, cancel)).Trim();
        }

        string password = "horn-" + RandomNumberGenerator.GetString("abcdefghjkmnpqrstuvwxyz23456789", 10);
        await DomainOperations.AddAsync(services, actor, Domain, cancel);
        Account you = await AddAsync(accounts, actor, You, password, "You", cancel);
        await FillAsync(services, actor, you.Id, cancel);
        await AddAsync(accounts, actor, Friend, password, "Your Friend", cancel);
        await File.WriteAllTextAsync(path, password + "\n", cancel);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return password;
    }

    private static async Task<Account> AddAsync(Accounts accounts, Actor actor, string address, string password, string name, CancellationToken cancel)
    {
        // A first start that was killed half way: begin that account again.
        if ((await accounts.GetAsync(actor, address, cancel)).IsOk)
        {
            await accounts.RemoveAsync(actor, address, cancel);
        }

        return (await accounts.AddAsync(actor, address, password, name, isAdministrator: address == You, cancel)).Value;
    }

    /// <summary>The sample mail, into an account that has none.</summary>
    internal static async Task FillAsync(IServiceProvider services, Actor actor, AccountId account, CancellationToken cancel)
    {
        Messages messages = services.GetRequiredService<Messages>();
        Mailboxes mailboxes = services.GetRequiredService<Mailboxes>();
        foreach (IGrouping<string, DemoMail> group in DemoMail.All(services.GetRequiredService<TimeProvider>().GetUtcNow()).GroupBy(mail => mail.Mailbox))
        {
            Result<Mailbox> mailbox = await mailboxes.FindAsync(actor, account, group.Key, cancel);
            Mailbox target = mailbox.IsOk ? mailbox.Value : (await mailboxes.CreateAsync(actor, account, group.Key, SpecialUse.None, cancel)).Value;
            var added = new List<NewMessage>();
            foreach (DemoMail mail in group)
            {
                await using MessageWriter writer = messages.StartMessage();
                await writer.WriteAsync(mail.Octets, cancel);
                added.Add(new NewMessage(await writer.CompleteAsync(cancel), mail.Flags, [], mail.Received));
            }

            _ = (await messages.AppendAsync(actor, account, target.Id, added, cancel)).Value;
        }
    }
}
