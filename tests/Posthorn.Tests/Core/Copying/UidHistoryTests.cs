using System.Globalization;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Maintenance;
using Posthorn.Core.Messages;
using Posthorn.Core.Undelete;
using Posthorn.Stores;

namespace Posthorn.Tests.Core.Copying;

/// <summary>
/// RFC 9051 §2.3.1.1 and RFC 8474 §5.1 as a property: no (mailbox, UIDVALIDITY, UID) that was ever told names two contents, and no EMAILID and no POP3 id either, over work at random on one node or two, with
/// backups that are restored later, when much has happened since.
/// </summary>
public sealed class UidHistoryTests : IDisposable
{
    private const int Steps = 120;

    private static readonly string[] Names = ["INBOX", "Plans", "Plans/2026", "Old"];
    private static readonly Actor Administrator = Actor.System("test");

    private readonly string _folder = Directory.CreateTempSubdirectory("posthorn-uids-").FullName;
    private readonly Dictionary<(string Mailbox, uint Validity, uint Uid), string> _told = [];
    private readonly Dictionary<string, string> _popTold = [];
    private readonly Dictionary<EmailId, string> _emailsTold = [];
    private int _letters;
    private int _places;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    [InlineData(4, true)]
    public async Task No_uid_ever_names_two_contents(int seed, bool onPostgres)
    {
        var random = new Random(seed);
        StoreOptions place = Place(onPostgres);
        List<TestStore> nodes = await OpenAsync(place);
        string? backup = null;
        for (int step = 0; step < Steps; step++)
        {
            TestStore node = nodes[random.Next(nodes.Count)];
            int what = random.Next(100);
            if (what == 0 || step == Steps / 3)
            {
                backup = Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"backup-{step}"));
                Assert.True((await node.Get<Backup>().RunAsync(Administrator, backup, new Progress<WorkStep>(), Cancel)).IsOk);
            }
            else if (backup is not null && (what == 1 || step == Steps * 2 / 3))
            {
                // What happened since is lost, but clients remember it.
                await TellAsync(node);
                await CloseAsync(nodes);
                place = Place(onPostgres);
                await Restore.RunAsync(backup, place, TimeProvider.System, new Progress<WorkStep>(), Cancel);
                nodes = await OpenAsync(place);
                node = nodes[0];
            }
            else
            {
                await WorkAsync(node, random, what);
            }

            await TellAsync(nodes[random.Next(nodes.Count)]);
        }

        Assert.Empty((await nodes[0].Get<StoreCheck>().RunAsync(Administrator, false, new Progress<long>(), Cancel)).Value);
        await CloseAsync(nodes);
        Assert.True(_told.Count > Steps / 2);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private StoreOptions Place(bool onPostgres)
    {
        string folder = Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"place-{++_places}"));
        return onPostgres ? new() { DataFolder = folder, Database = TestDatabase.Cluster.ConnectionString(TestDatabase.Create("template0")) } : new() { DataFolder = folder };
    }

    /// <summary>Two nodes where the store takes more than one.</summary>
    private static async Task<List<TestStore>> OpenAsync(StoreOptions place) => place.Database.Length == 0
        ? [await TestStore.AtAsync(place)]
        : [await TestStore.AtAsync(place), await TestStore.AtAsync(place with { DataFolder = place.DataFolder + "-other" })];

    private static async Task CloseAsync(List<TestStore> nodes)
    {
        foreach (TestStore node in nodes)
        {
            await node.DisposeAsync();
        }
    }

    private async Task WorkAsync(TestStore node, Random random, int what)
    {
        Mailboxes mailboxes = node.Get<Mailboxes>();
        Messages messages = node.Get<Messages>();
        string name = Names[random.Next(Names.Length)], other = Names[random.Next(Names.Length)];
        if (!(await mailboxes.FindAsync(node.Actor, node.Account, name, Cancel)).TryGet(out Mailbox? mailbox, out _))
        {
            await mailboxes.CreateAsync(node.Actor, node.Account, name, SpecialUse.None, Cancel);
            return;
        }

        uint uid = (uint)random.Next(1, (int)mailbox.UidNext + 1);
        switch (what)
        {
            case < 45:
                await node.AppendAsync(mailbox.Id, string.Create(CultureInfo.InvariantCulture, $"Subject: letter {++_letters}\r\n\r\n"));
                break;
            case < 60:
                await messages.DeleteAsync(node.Actor, node.Account, mailbox.Id, UidSet.Of(uid), Cancel);
                break;
            case < 70 when (await mailboxes.FindAsync(node.Actor, node.Account, other, Cancel)).TryGet(out Mailbox? to, out _) && to.Id != mailbox.Id:
                await messages.CopyAsync(node.Actor, node.Account, mailbox.Id, UidSet.Of(uid), to.Id, Cancel);
                break;
            case < 80:
                await node.Get<Undelete>().RestoreAsync(node.Actor, node.Account, RemovedSelection.All, null, Cancel);
                break;
            case < 88 when name != "INBOX":
                await mailboxes.DeleteAsync(node.Actor, node.Account, name, Cancel);
                break;
            case < 94 when name != "INBOX":
                await mailboxes.RenameAsync(node.Actor, node.Account, name, other, Cancel);
                break;
            default:
                await mailboxes.CreateAsync(node.Actor, node.Account, other, SpecialUse.None, Cancel);
                break;
        }
    }

    /// <summary>A client that looks at everything and compares it with all it ever saw.</summary>
    private async Task TellAsync(TestStore node)
    {
        foreach (string name in Names)
        {
            if (!(await node.Get<Mailboxes>().FindAsync(node.Actor, node.Account, name, Cancel)).TryGet(out Mailbox? mailbox, out _) || mailbox.IsContainer)
            {
                continue;
            }

            foreach (Message message in (await node.Get<Messages>().ReadAsync(node.Actor, node.Account, mailbox.Id, UidSet.All, MessageFields.None, Cancel)).Value)
            {
                string content = message.Body.ToString();
                Assert.Equal(content, Remember(_told, (name, mailbox.UidValidity.Value, message.Uid), content));
                Assert.Equal(content, Remember(_popTold, message.Uidl, content));
                Assert.Equal(content, Remember(_emailsTold, message.Email, content));
                Assert.True(message.Uid < mailbox.UidNext);
            }
        }
    }

    private static string Remember<TKey>(Dictionary<TKey, string> told, TKey key, string content)
        where TKey : notnull
    {
        told.TryAdd(key, content);
        return told[key];
    }
}
