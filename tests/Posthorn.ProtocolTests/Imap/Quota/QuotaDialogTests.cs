using Microsoft.Extensions.DependencyInjection;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.ProtocolTests.Dialogs;

namespace Posthorn.ProtocolTests.Imap.Quota;

/// <summary>Dialogs about quotas: alice may hold 2 KiB and six messages, root@example.test is an administrator.</summary>
public sealed class QuotaDialogTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Imap", "Quota");

    public static TheoryData<string> Dialogs => [.. Directory.EnumerateFiles(Folder, "*.dialog")
        .Select(file => Path.GetFileNameWithoutExtension(file))
        .Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Dialogs))]
    public async Task Dialog(string name)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        await using ServerFixture server = await ServerFixture.StartAsync();
        Actor actor = Actor.System("test");
        Assert.True((await server.Services.GetRequiredService<Accounts>().AddAsync(
            actor, "root@example.test", ServerFixture.Password, null, isAdministrator: true, cancel)).IsOk);
        Assert.True((await server.Services.GetRequiredService<Quotas>().SetAsync(actor, "alice@example.test", 2048, 6, cancel)).IsOk);
        await DialogRunner.PlayAsync(server, "imaps", Path.Combine(Folder, name + ".dialog"));
    }
}
