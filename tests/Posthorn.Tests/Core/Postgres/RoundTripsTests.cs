using System.Diagnostics.Metrics;
using System.Net;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Delivery;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Maintenance;
using Posthorn.Core.Messages;
using Posthorn.Core.Storage.Postgres;
using Posthorn.Standards.Smtp;
using Posthorn.Stores;

namespace Posthorn.Tests.Core.Postgres;

/// <summary>How often the common operations wait for the database: what decides how fast one mailbox takes mail when the database is another machine.</summary>
public sealed class RoundTripsTests : IAsyncLifetime
{
    private readonly MeterListener _listener = new();
    private TestStore _store = null!;
    private Mailbox _inbox = null!;
    private int _trips;

    // Flows with the work: other tests, and this store's announcements to other nodes, are not of it.
    private readonly AsyncLocal<bool> _isCounted = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _store = await TestStore.OnDatabaseAsync(TestDatabase.Cluster.ConnectionString(TestDatabase.Create()));
        _inbox = await _store.InboxAsync();
        _listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == "Npgsql" && instrument.Name == "db.client.operation.duration")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<double>((_, _, _, _) =>
        {
            if (_isCounted.Value)
            {
                Interlocked.Increment(ref _trips);
            }
        });
        _listener.Start();
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _store.DisposeAsync();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public async Task A_delivery_is_two_round_trips_however_many_receive_it(int recipients)
    {
        var accounts = new List<Account>();
        for (int n = 0; n < recipients; n++)
        {
            string address = $"r{n}@example.test";
            accounts.Add(await _store.Store.WriteAsync(
                new[] { AccountId.Store },
                async session =>
                {
                    AccountId id = await session.Directory.InsertAccountAsync(address, null, false, "-", "-", DateTimeOffset.UnixEpoch);
                    await session.Mailboxes.InsertAsync(id, Mailbox.Inbox, SpecialUse.None, false);
                    return (await session.Directory.AccountAsync(id))!;
                },
                Cancel));
        }

        await using IncomingMessage message = await _store.MessageAsync("Message-ID: <a@example.org>\r\nSubject: to many\r\n\r\nHello\r\n");
        var envelope = new Envelope("them@example.org", [.. accounts.Select(account =>
            new EnvelopeRecipient(account.Address, new Recipient.Local([account], []), DsnNotify.Default, null))], [], DateTimeOffset.UnixEpoch);
        Assert.Equal(2, await CountAsync(async () => Assert.Null(await _store.Get<Deliveries>().AcceptAsync(envelope, message, Cancel))));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    public async Task An_append_is_two_round_trips_however_many_messages_it_has(int messages)
    {
        string[] texts = [.. Enumerable.Range(0, messages).Select(n => $"Message-ID: <{n}@example.org>\r\nSubject: {n}\r\n\r\n")];
        Assert.Equal(2, await CountAsync(() => _store.AppendAsync(_inbox.Id, texts)));
    }

    [Fact]
    public async Task Appends_that_wait_for_each_other_are_two_round_trips_together()
    {
        const int Appends = 20;
        int trips = await CountAsync(async () =>
        {
            Gate gate = await Gate.CloseAsync(_store);
            Task[] appends = await Gate.AppendsAsync(_store, _inbox.Id, Appends);
            gate.Open();
            await Task.WhenAll(appends);
        });

        // The gate's own is one.
        Assert.Equal(1 + 2, trips);
    }

    [Fact]
    public async Task Deliveries_that_wait_for_each_other_are_two_round_trips_together()
    {
        Account owner = await _store.Store.ReadAsync(_store.Account, async session => (await session.Directory.AccountAsync(_store.Account))!, Cancel);
        var messages = new List<(Envelope Envelope, IncomingMessage Message)>();
        for (int n = 0; n < 20; n++)
        {
            messages.Add((
                new Envelope("them@example.org", [new EnvelopeRecipient(owner.Address, new Recipient.Local([owner], []), DsnNotify.Default, null)], [], DateTimeOffset.UnixEpoch),
                await _store.MessageAsync($"Message-ID: <{n}@example.org>\r\nSubject: {n}\r\n\r\n")));
        }

        int trips = await CountAsync(async () =>
        {
            Gate gate = await Gate.CloseAsync(_store);
            Task[] deliveries = [.. messages.Select(mail => _store.Get<Deliveries>().AcceptAsync(mail.Envelope, mail.Message, Cancel).AsTask())];
            gate.Open();
            await Task.WhenAll(deliveries);
        });
        Assert.Equal(1 + 2, trips);
        Assert.Equal(20, (await _store.InboxAsync()).Messages);
    }

    [Fact]
    public async Task Appends_of_one_conversation_that_share_a_transaction_find_each_other()
    {
        Gate gate = await Gate.CloseAsync(_store);
        Task[] appends =
        [
            await Gate.AppendAsync(_store, _inbox.Id, "Message-ID: <a@x>\r\n\r\n"),
            await Gate.AppendAsync(_store, _inbox.Id, "Message-ID: <b@x>\r\nReferences: <a@x>\r\n\r\n"),
            await Gate.AppendAsync(_store, _inbox.Id, "Message-ID: <c@x>\r\n\r\n"),
        ];
        gate.Open();
        await Task.WhenAll(appends);
        IReadOnlyList<Message> rows = (await _store.Get<Messages>().ReadAsync(_store.Actor, _store.Account, _inbox.Id, UidSet.All, MessageFields.None, Cancel)).Value;
        Assert.Equal(rows[0].Thread, rows[1].Thread);
        Assert.NotEqual(rows[0].Thread, rows[2].Thread);
    }

    [Fact]
    public async Task Messages_of_one_append_that_belong_together_are_one_conversation()
    {
        await _store.AppendAsync(_inbox.Id, "Message-ID: <a@x>\r\n\r\n", "Message-ID: <b@x>\r\nReferences: <a@x>\r\n\r\n", "Message-ID: <c@x>\r\n\r\n");
        IReadOnlyList<Message> rows = (await _store.Get<Messages>().ReadAsync(_store.Actor, _store.Account, _inbox.Id, UidSet.All, MessageFields.None, Cancel)).Value;
        Assert.Equal(rows[0].Thread, rows[1].Thread);
        Assert.NotEqual(rows[0].Thread, rows[2].Thread);
    }

    [Fact]
    public async Task A_change_of_flags_is_three_and_what_others_then_look_at_three()
    {
        await _store.AppendAsync(_inbox.Id, "Subject: a\r\n\r\n");
        await _store.SnapshotAsync(_inbox.Id);
        Assert.Equal(3, await CountAsync(async () => Assert.True((await _store.Get<Messages>().ChangeFlagsAsync(
            _store.Actor, _store.Account, _inbox.Id, UidSet.Of(1), new FlagChange(FlagOperation.Add, MessageFlags.Seen, []), null, Cancel)).IsOk)));

        // Mailbox and news; rows; the COMMIT that nobody waits for.
        Assert.Equal(3, await CountAsync(async () => Assert.True((await _store.SnapshotAsync(_inbox.Id))[0].Flags.HasFlag(MessageFlags.Seen))));
    }

    [Fact]
    public async Task Octets_of_many_small_messages_are_one_and_one_for_their_rows()
    {
        await _store.AppendAsync(_inbox.Id, [.. Enumerable.Range(0, MessageContents.MessagesAhead).Select(static n => $"Subject: {n}\r\n\r\n")]);

        // Each with the COMMIT that nobody waits for.
        Assert.Equal(2 * 2, await CountAsync(OpenAllAsync));
    }

    [Fact]
    public async Task A_body_that_two_messages_share_is_asked_for_twice_and_no_other_is()
    {
        await _store.AppendAsync(_inbox.Id, "Subject: shared\r\n\r\n");
        _ = (await _store.Get<Messages>().CopyAsync(_store.Actor, _store.Account, _inbox.Id, UidSet.All, _inbox.Id, Cancel)).Value;
        await _store.AppendAsync(_inbox.Id, [.. Enumerable.Range(0, 10).Select(static n => $"Subject: {n}\r\n\r\n")]);
        Assert.Equal(2 * 3, await CountAsync(OpenAllAsync));
    }

    [Fact]
    public async Task A_sweep_asks_for_five_hundred_files_at_once()
    {
        const int Files = 1_000;
        for (int n = 0; n < Files; n++)
        {
            string path = FileBlobStore.PathIn(Path.Combine(_store.Folder, "bodies"), new BodyId(Guid.NewGuid()));
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllBytesAsync(path, [], Cancel);
        }

        _store.Time.SetUtcNow(DateTimeOffset.UtcNow + BodySweep.UploadGrace * 2);

        // Whether bodies are held, whether any is released, and two pages; each with the COMMIT that nobody waits for.
        Assert.Equal(2 * 4, await CountAsync(async () => Assert.Equal(Files, await _store.Get<BodySweep>().SweepAsync(Cancel))));
    }

    private async Task OpenAllAsync()
    {
        IReadOnlyList<Message> rows = (await _store.Get<Messages>().ReadAsync(_store.Actor, _store.Account, _inbox.Id, UidSet.All, MessageFields.Content, Cancel)).Value;
        MessageContents contents = _store.Get<Messages>().Contents(_store.Actor, _store.Account, rows);
        foreach (Message row in rows)
        {
            await using MessageContent? content = await contents.OpenAsync(row, Cancel);
            Assert.NotNull(content);
        }
    }

    [Fact]
    public async Task A_sign_in_is_one_and_its_session_and_its_own_address_none()
    {
        const string Password = "the password";
        Actor someone = new(_store.Account, "submission", "connection 1", IPAddress.Loopback);
        Account owner = (await _store.Get<Posthorn.Core.Accounts.Accounts>().OwnAsync(_store.Actor, Cancel)).Value;
        _ = (await _store.Get<Posthorn.Core.Accounts.Accounts>().SetPasswordAsync(Actor.System("test"), owner.Address, Password, Cancel)).Value;
        SignIn signIn = await SignInAsync();

        // The rows; the COMMIT that nobody waits for.
        Assert.Equal(2, await CountAsync(async () => signIn = await SignInAsync()));
        Assert.Equal(0, await CountAsync(async () =>
        {
            using SignedInSession session = _store.Get<SignedInSessions>().Enter(someone, (SignIn.Accepted)signIn, static () => Assert.Fail("Nothing has changed."));
            Assert.True(EmailAddress.TryParse("You+tag@Example.test", out EmailAddress? own));
            Assert.True(await _store.Get<Recipients>().MaySendAsAsync(owner, own, Cancel));
        }));

        ValueTask<SignIn> SignInAsync() => _store.Get<Credentials>().CheckPasswordAsync(owner.Address, Password, "submission", IPAddress.Loopback, Cancel);
    }

    private async Task<int> CountAsync(Func<Task> work)
    {
        var database = (PostgresStore)_store.Store;
        await database.SettleAsync();
        Interlocked.Exchange(ref _trips, 0);
        _isCounted.Value = true;
        await work();
        await database.SettleAsync();
        return Volatile.Read(ref _trips);
    }
}
