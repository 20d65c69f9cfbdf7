using Posthorn.Core;
using Posthorn.Core.Messages;

namespace Posthorn.Tests.Core.Postgres;

/// <summary>A write that has its account's turn and keeps it until it is opened: what is begun meanwhile waits behind it.</summary>
internal sealed class Gate
{
    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Gate(TestStore store) => Passed = store.Store.WriteAsync(
        new[] { store.Account },
        async _ =>
        {
            _entered.TrySetResult();
            await _opened.Task;
            return true;
        },
        TestContext.Current.CancellationToken).AsTask();

    /// <summary>It has begun, after whatever was begun before it.</summary>
    public Task Entered => _entered.Task;

    /// <summary>It is committed.</summary>
    public Task Passed { get; }

    /// <summary>Stands in the queue of the account when this returns.</summary>
    public static Gate Begin(TestStore store) => new(store);

    /// <summary>Has the account's turn when this returns.</summary>
    public static async Task<Gate> CloseAsync(TestStore store)
    {
        Gate gate = Begin(store);
        await gate.Entered;
        return gate;
    }

    public void Open() => _opened.SetResult();

    /// <summary>Appends of one message each, all of which wait for their turn when this returns.</summary>
    public static async Task<Task<Result<Appended>>[]> AppendsAsync(TestStore store, MailboxId mailbox, int count)
    {
        var appends = new Task<Result<Appended>>[count];
        for (int n = 0; n < count; n++)
        {
            appends[n] = await AppendAsync(store, mailbox, $"Message-ID: <{Guid.NewGuid()}@example.org>\r\nSubject: {n}\r\n\r\n");
        }

        return appends;
    }

    /// <summary>An append that waits for its turn when this returns.</summary>
    public static async Task<Task<Result<Appended>>> AppendAsync(TestStore store, MailboxId mailbox, string octets)
    {
        var message = new NewMessage(await store.MessageAsync(octets), MessageFlags.None, [], null);
        return store.Get<Messages>().AppendAsync(store.Actor, store.Account, mailbox, [message], TestContext.Current.CancellationToken).AsTask();
    }
}
