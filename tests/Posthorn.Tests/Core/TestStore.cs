using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Bodies;
using Posthorn.Core.Bodies.S3;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Core.Storage;
using Posthorn.Stores;

namespace Posthorn.Tests.Core;

/// <summary>Core over a store in a temporary folder (and, when the run says so, a database of its own), with one account.</summary>
public sealed class TestStore : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    private TestStore(string folder, bool ownsFolder, string database, S3Options? bodies = null, StoreOptions? place = null)
    {
        (Folder, OwnsFolder) = (folder, ownsFolder);
        _services = new ServiceCollection()
            .AddSingleton<TimeProvider>(Time)
            .AddSingleton(typeof(Microsoft.Extensions.Logging.ILogger<>), typeof(NullLogger<>))
            .AddPosthornCore(place ?? new StoreOptions { DataFolder = folder, Database = database, Bodies = bodies })
            .BuildServiceProvider();
    }

    public string Folder { get; }

    public bool OwnsFolder { get; set; }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    public AccountId Account { get; private set; }

    public Actor Actor => new(Account, "test", "1", null);

    public IStore Store => Get<IStore>();

    public static Task<TestStore> OpenAsync(string? folder = null)
    {
        string used = folder ?? Directory.CreateTempSubdirectory("posthorn-test-").FullName;
        return OpenAsync(new TestStore(used, folder is null, TestDatabase.For(used), TestDatabase.BodiesFor(used)));
    }

    /// <summary>A node with a data folder of its own on this PostgreSQL database.</summary>
    public static Task<TestStore> OnDatabaseAsync(string connectionString) =>
        OpenAsync(new TestStore(Directory.CreateTempSubdirectory("posthorn-test-").FullName, true, connectionString));

    /// <summary>A store in this place, whatever the store of this run is.</summary>
    public static Task<TestStore> AtAsync(StoreOptions place) => OpenAsync(new TestStore(place.DataFolder, false, place.Database, place.Bodies, place));

    /// <summary>With large bodies in a bucket.</summary>
    public static Task<TestStore> WithBodiesAsync(S3Options bodies)
    {
        string folder = Directory.CreateTempSubdirectory("posthorn-test-").FullName;
        return OpenAsync(new TestStore(folder, true, TestDatabase.For(folder), bodies));
    }

    private static async Task<TestStore> OpenAsync(TestStore store)
    {
        store.Account = await store.Store.WriteAsync(
            new[] { AccountId.Store },
            async session =>
            {
                if (await session.Directory.AccountAsync("you@example.test") is { } there)
                {
                    return there.Id;
                }

                AccountId id = await session.Directory.InsertAccountAsync("you@example.test", null, false, "-", "-", store.Time.GetUtcNow());
                await session.Mailboxes.InsertAsync(id, Mailbox.Inbox, SpecialUse.None, false);
                return id;
            },
            Cancel);
        return store;
    }

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    public async Task<Mailbox> InboxAsync() => (await Get<Mailboxes>().FindAsync(Actor, Account, "inbox", Cancel)).Value;

    public async Task<MailboxSnapshot> SnapshotAsync(MailboxId mailbox) => (await Get<Mailboxes>().SnapshotAsync(Actor, Account, mailbox, Cancel)).Value;

    /// <summary>Writes the octets as a message that nothing refers to yet.</summary>
    public async Task<IncomingMessage> MessageAsync(string octets)
    {
        await using MessageWriter writer = Get<Messages>().StartMessage();
        await writer.WriteAsync(Encoding.UTF8.GetBytes(octets), Cancel);
        return await writer.CompleteAsync(Cancel);
    }

    public async Task<Appended> AppendAsync(MailboxId mailbox, params string[] messages)
    {
        var added = new List<NewMessage>();
        foreach (string octets in messages)
        {
            added.Add(new NewMessage(await MessageAsync(octets), MessageFlags.None, [], null));
        }

        return (await Get<Messages>().AppendAsync(Actor, Account, mailbox, added, Cancel)).Value;
    }

    public async Task<string> TextAsync(MailboxId mailbox, uint uid)
    {
        Message message = (await Get<Messages>().ReadAsync(Actor, Account, mailbox, UidSet.Of(uid), MessageFields.Content, Cancel)).Value[0];
        await using MessageContent content = await Get<Messages>().OpenAsync(Actor, Account, message, Cancel) ?? throw new InvalidOperationException("no octets");
        using var reader = new StreamReader(content.OpenRead(), Encoding.UTF8);
        return await reader.ReadToEndAsync(Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        if (OwnsFolder)
        {
            TestDatabase.Drop(Folder);
            Directory.Delete(Folder, recursive: true);
        }
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;
}
